package helpdesk

import "slices"

// Bounds of one Fetch.
const (
	MaxWants    = 20 // served at once, so that what was read is soon stored
	MaxFailures = 3  // after which the helpdesk is left alone
)

// FetchEach is the Fetch of most collectors: one reads the thing of one want. A
// want adds to the page as a whole or not at all, and one that fails does not
// keep the others from being served; an error is returned when none could be.
// After a hopeless one, the next call would fail in the same way.
func FetchEach(wants []Want, one func(Want) (Page, error), hopeless func(error) bool) (Page, error) {
	var page Page
	var failed error
	failures := 0
	for _, w := range wants[:min(len(wants), MaxWants)] {
		part, err := one(w)
		if err != nil {
			failed = err
			if failures++; failures >= MaxFailures || hopeless(err) {
				break
			}
			continue
		}
		page.Add(part)
		if !slices.Contains(page.Served, w) { // a part may say it itself
			page.Served = append(page.Served, w)
		}
	}
	if len(page.Served) == 0 && failed != nil {
		return Page{}, failed
	}
	return page, nil
}
