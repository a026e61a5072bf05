package simulator

import (
	"fmt"
	"maps"
	"math"
	"net/http"
	"regexp"
	"slices"
	"strconv"
	"strings"
)

// rtToken is a word of TicketSQL and TransactionSQL: a bracket, an operator, a
// quoted string, or a bare word.
var rtToken = regexp.MustCompile(`^\s*([()]|!=|>=|<=|=|<|>|'(?:[^'\\]|\\.)*'|[\w.:]+)`)

// rtFields is what a query may ask of a row: a number, a word or neither.
type rtFields func(name string) (number int64, word string, ok bool)

// rtTest is a parsed query: what it says of a row, and the ids to which it
// narrows the rows down, so that a long table need not be read for a short page.
type rtTest struct {
	match    func(rtFields) bool
	from, to int64
	ids      map[int64]bool // not nil: exactly these
}

func rtAny(match func(rtFields) bool) rtTest { return rtTest{match: match, to: math.MaxInt64} }

// rtParser reads the part of the language that needs no dates: comparisons of a
// field with a value, joined by AND and OR, with brackets. RT 5.0.3 knows no IN.
type rtParser struct {
	tokens []string
	known  func(field string) bool
}

// parseRTSQL reads a query. A bad one is RT's 400, server path and all.
func parseRTSQL(s string, known func(field string) bool) (rtTest, error) {
	p := rtParser{known: known}
	for rest := s; strings.TrimSpace(rest) != ""; {
		m := rtToken.FindStringSubmatchIndex(rest)
		if m == nil {
			return rtTest{}, rtBadQuery(fmt.Sprintf("unexpected %q", rest[:min(10, len(rest))]))
		}
		p.tokens = append(p.tokens, rest[m[2]:m[3]])
		rest = rest[m[1]:]
	}
	test, err := p.either()
	if err == nil && len(p.tokens) > 0 {
		err = rtBadQuery("unexpected " + p.tokens[0])
	}
	return test, err
}

func rtBadQuery(why string) error {
	return &rtError{http.StatusBadRequest, "Incomplete query, " + why + " at /usr/share/request-tracker5/lib/RT/Tickets.pm line 3187.\n"}
}

func (p *rtParser) next() string {
	if len(p.tokens) == 0 {
		return ""
	}
	t := p.tokens[0]
	p.tokens = p.tokens[1:]
	return t
}

func (p *rtParser) accept(word string) bool {
	if len(p.tokens) > 0 && strings.EqualFold(p.tokens[0], word) {
		p.tokens = p.tokens[1:]
		return true
	}
	return false
}

func (p *rtParser) either() (rtTest, error) { return p.chain("OR", p.both, rtOr) }

func (p *rtParser) both() (rtTest, error) { return p.chain("AND", p.one, rtAnd) }

func (p *rtParser) chain(word string, part func() (rtTest, error), join func([]rtTest) rtTest) (rtTest, error) {
	var tests []rtTest
	for {
		t, err := part()
		if err != nil {
			return rtTest{}, err
		}
		if tests = append(tests, t); !p.accept(word) {
			break
		}
	}
	if len(tests) == 1 {
		return tests[0], nil
	}
	return join(tests), nil
}

// rtOr is true where one of the tests is.
func rtOr(tests []rtTest) rtTest {
	all := map[int64]bool{}
	for _, t := range tests {
		if t.ids == nil {
			all = nil
			break
		}
		maps.Copy(all, t.ids)
	}
	if all != nil { // nothing but ids: one look is enough
		return rtTest{to: math.MaxInt64, ids: all, match: func(f rtFields) bool { id, _, _ := f("id"); return all[id] }}
	}
	return rtAny(func(f rtFields) bool {
		return slices.ContainsFunc(tests, func(t rtTest) bool { return t.match(f) })
	})
}

// rtAnd is true where all of the tests are.
func rtAnd(tests []rtTest) rtTest {
	both := rtAny(func(f rtFields) bool {
		return !slices.ContainsFunc(tests, func(t rtTest) bool { return !t.match(f) })
	})
	for _, t := range tests {
		both.from, both.to = max(both.from, t.from), min(both.to, t.to)
	}
	return both
}

func (p *rtParser) one() (rtTest, error) {
	if p.accept("(") {
		t, err := p.either()
		if err == nil && !p.accept(")") {
			err = rtBadQuery("a bracket is open")
		}
		return t, err
	}
	field, op, value := strings.ToLower(p.next()), p.next(), p.next()
	if value == "" || value == "(" || value == ")" {
		return rtTest{}, rtBadQuery("no value for " + field)
	}
	if !p.known(field) {
		return rtTest{}, rtBadQuery("unknown field: " + field)
	}
	if strings.HasPrefix(value, "'") {
		value = strings.NewReplacer(`\'`, `'`, `\\`, `\`).Replace(value[1 : len(value)-1])
	}
	return rtComparison(field, op, value)
}

// rtComparison compares numbers as numbers, and words without regard to case.
func rtComparison(field, op, value string) (rtTest, error) {
	if op == "=" && strings.HasPrefix(value, "__") { // a set of statuses
		set := field + strings.ToLower(value)
		return rtAny(func(f rtFields) bool { _, _, in := f(set); return in }), nil
	}
	n, err := strconv.ParseInt(value, 10, 64)
	if err != nil {
		return rtWords(field, op, value)
	}
	is := func(holds func(m int64) bool) func(rtFields) bool {
		return func(f rtFields) bool { m, word, _ := f(field); return word == "" && holds(m) }
	}
	t := rtAny(nil)
	switch op {
	case "=":
		t.match, t.from, t.to, t.ids = is(func(m int64) bool { return m == n }), n, n, map[int64]bool{n: true}
	case "!=":
		t.match = is(func(m int64) bool { return m != n })
	case ">":
		t.match, t.from = is(func(m int64) bool { return m > n }), n+1
	case ">=":
		t.match, t.from = is(func(m int64) bool { return m >= n }), n
	case "<":
		t.match, t.to = is(func(m int64) bool { return m < n }), n-1
	case "<=":
		t.match, t.to = is(func(m int64) bool { return m <= n }), n
	default:
		return t, rtBadQuery("no operator after " + field)
	}
	if field != "id" {
		t.from, t.to, t.ids = 0, math.MaxInt64, nil
	}
	return t, nil
}

func rtWords(field, op, value string) (rtTest, error) {
	same := func(f rtFields) bool { _, word, _ := f(field); return strings.EqualFold(word, value) }
	switch op {
	case "=":
		return rtAny(same), nil
	case "!=":
		return rtAny(func(f rtFields) bool { return !same(f) }), nil
	}
	return rtTest{}, rtBadQuery("no operator after " + field)
}
