package simulator

import (
	"bytes"
	"encoding/json"
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
		before, ok := f.pages[r.URL.Path]
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

// spoilRows changes the rows of a list: those of "data" or "items", whichever
// the vendor has.
func (f *faulty) spoilRows(x Fault, a *answer) {
	var body object
	dec := json.NewDecoder(bytes.NewReader(a.body.Bytes()))
	dec.UseNumber()
	if dec.Decode(&body) != nil {
		return
	}
	key := "data"
	if _, ok := body[key]; !ok {
		key = "items"
	}
	rows, ok := body[key].([]any)
	if !ok || len(rows) == 0 {
		return
	}
	f.mu.Lock()
	i := f.rnd.IntN(len(rows))
	f.mu.Unlock()
	switch x.Kind {
	case FaultDuplicateRow:
		rows = slices.Insert(rows, i, rows[i])
	case FaultMissingRow:
		rows = slices.Delete(rows, i, i+1)
	case FaultEmptyPage:
		rows = []any{}
	case FaultBadRecord:
		rows[i] = object{"id": "not-a-number", "created_datetime": 17, "ticket_id": []any{}}
	case FaultNull:
		setField(rows, x.Field, nil)
	case FaultUnknown:
		setField(rows, x.Field, "quantum-entangled")
	}
	body[key] = rows
	if b, err := json.Marshal(body); err == nil {
		a.body.Reset()
		a.body.Write(b)
	}
}

func setField(rows []any, field string, v any) {
	for _, r := range rows {
		row, ok := r.(object)
		if !ok {
			continue
		}
		name := field
		if name == "" {
			name = "status"
			if _, ok := row[name]; !ok {
				name = "type"
			}
		}
		row[name] = v
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
