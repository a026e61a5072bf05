package simulator

import (
	"bytes"
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"
)

// spoil changes an answer as a fault says. An answer that is no list with rows
// stays as it is, where the fault is about rows.
func (f *faulty) spoil(x Fault, r *http.Request, a *answer) *answer {
	switch x.Kind {
	case FaultTruncated:
		a.body.Truncate(a.body.Len() / 2)
		return a
	case FaultSkew:
		if at, err := http.ParseTime(a.header.Get("Date")); err == nil {
			a.header.Set("Date", at.Add(x.Skew).UTC().Format(http.TimeFormat))
		}
		return a
	case FaultSamePage:
		f.mu.Lock()
		before, ok := f.pages[listOf(r)]
		f.mu.Unlock()
		if ok {
			a.body.Reset()
			a.body.Write(before)
		}
		return a
	}
	f.spoilRows(x, a)
	return a
}

// spoilRows changes the rows of a list.
func (f *faulty) spoilRows(x Fault, a *answer) {
	spoilt := EditRows(a.body.Bytes(), func(rows []any) []any {
		f.mu.Lock()
		i := f.rnd.IntN(len(rows))
		f.mu.Unlock()
		switch x.Kind {
		case FaultDuplicateRow:
			return slices.Insert(rows, i, rows[i])
		case FaultMissingRow:
			return slices.Delete(rows, i, i+1)
		case FaultEmptyPage:
			return []any{}
		case FaultBadRecord:
			spoilRow(Row(rows[i]))
		case FaultNull:
			setField(rows, x.Field, nil)
		case FaultUnknown:
			setField(rows, x.Field, "quantum-entangled")
		}
		return rows
	})
	a.body = *bytes.NewBuffer(spoilt)
}

// spoilRow makes every field of a row something that it never is.
func spoilRow(row object) {
	for k := range row {
		row[k] = []any{object{}}
	}
	row["id"] = "not-a-number"
}

// setField gives a field of every row a value; without a name the field that
// tells the status, or the kind.
func setField(rows []any, field string, v any) {
	for _, r := range rows {
		row := Row(r)
		name := field
		for _, common := range []string{"status", "state", "type"} {
			if _, ok := row[common]; ok && name == "" {
				name = common
			}
		}
		if name != "" {
			row[name] = v
		}
	}
}

// ParseFaults reads faults from a flag: kinds or HTTP codes, separated by
// commas, each with "=" and a duration where it has one (slow, skew and the
// Retry-After of a code), "@" and the beginning of a path where it is about one,
// and ":" and a chance, 0.01 without. For example "500:0.02,429=20s@/api/events,slow=3s:0.1".
func ParseFaults(s string) ([]Fault, error) {
	var faults []Fault
	for part := range strings.SplitSeq(s, ",") {
		part = strings.TrimSpace(part)
		if part == "" {
			continue
		}
		f, err := parseFault(part)
		if err != nil {
			return nil, fmt.Errorf("fault %q: %w", part, err)
		}
		faults = append(faults, f)
	}
	return faults, nil
}

func parseFault(s string) (Fault, error) {
	f := Fault{Chance: 0.01}
	s, chance, ok := strings.Cut(s, ":")
	if ok {
		var err error
		if f.Chance, err = strconv.ParseFloat(chance, 64); err != nil || f.Chance <= 0 || f.Chance > 1 {
			return f, fmt.Errorf("chance %q is not between 0 and 1", chance)
		}
	}
	s, f.Path, _ = strings.Cut(s, "@")
	s, duration, ok := strings.Cut(s, "=")
	var d time.Duration
	if ok {
		var err error
		if d, err = time.ParseDuration(duration); err != nil {
			return f, fmt.Errorf("%q is not a duration such as 3s", duration)
		}
	}
	if code, err := strconv.Atoi(s); err == nil {
		if code < 400 || code > 599 {
			return f, fmt.Errorf("%d is not an HTTP code of a failure", code)
		}
		f.Kind, f.Code, f.RetryAfter = FaultStatus, code, d
		return f, nil
	}
	f.Kind, f.Delay, f.Skew = FaultKind(s), d, d
	if f.Kind == FaultStatus || !slices.Contains(faultKinds, f.Kind) {
		return f, fmt.Errorf("not an HTTP code and not one of %s", FaultKinds())
	}
	if d == 0 && (f.Kind == FaultSlow || f.Kind == FaultSkew) {
		return f, fmt.Errorf("by how much? write it as %s=3s", f.Kind)
	}
	return f, nil
}

// FaultKinds lists the kinds that a flag may name beside HTTP codes.
func FaultKinds() string {
	var names []string
	for _, k := range faultKinds[1:] {
		names = append(names, string(k))
	}
	return strings.Join(names, ", ")
}

var faultKinds = []FaultKind{
	FaultStatus, FaultBadRecord, FaultDuplicateRow, FaultEmptyPage, FaultHTML, FaultMissingRow, FaultNull, FaultReset,
	FaultSamePage, FaultSkew, FaultSlow, FaultTruncated, FaultUnknown,
}
