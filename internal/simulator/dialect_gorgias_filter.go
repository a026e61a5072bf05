package simulator

import (
	"fmt"
	"regexp"
	"strings"
)

// filterToken is a word of the filter language: a name, a quoted or bare value,
// an operator or a bracket.
var filterToken = regexp.MustCompile(`\s*(&&|\|\||[(),]|'[^']*'|"[^"]*"|[\w.:+-]+)`)

// filterParser reads the language of views: calls of eq, neq, gte, lte, isEmpty
// and isNotEmpty on fields of a ticket, joined by && and ||.
type filterParser struct {
	tokens []string
	pos    int
}

// parseFilter turns a filter into a test of a ticket's row.
func parseFilter(s string) (func(object) bool, error) {
	if strings.TrimSpace(s) == "" {
		return func(object) bool { return true }, nil
	}
	p := filterParser{}
	rest := strings.TrimSpace(s)
	for rest != "" {
		m := filterToken.FindStringSubmatchIndex(rest)
		if m == nil || m[0] != 0 {
			return nil, fmt.Errorf("not a filter at %q", rest[:min(20, len(rest))])
		}
		p.tokens = append(p.tokens, rest[m[2]:m[3]])
		rest = strings.TrimSpace(rest[m[1]:])
	}
	f, err := p.either()
	if err == nil && p.pos < len(p.tokens) {
		err = fmt.Errorf("unexpected %s", p.tokens[p.pos])
	}
	return f, err
}

func (p *filterParser) next() string {
	if p.pos >= len(p.tokens) {
		return ""
	}
	p.pos++
	return p.tokens[p.pos-1]
}

func (p *filterParser) peek(token string) bool {
	return p.pos < len(p.tokens) && p.tokens[p.pos] == token
}

func (p *filterParser) either() (func(object) bool, error) {
	left, err := p.both()
	for err == nil && p.peek("||") {
		p.next()
		a := left
		var b func(object) bool
		if b, err = p.both(); err == nil {
			left = func(o object) bool { return a(o) || b(o) }
		}
	}
	return left, err
}

func (p *filterParser) both() (func(object) bool, error) {
	left, err := p.one()
	for err == nil && p.peek("&&") {
		p.next()
		a := left
		var b func(object) bool
		if b, err = p.one(); err == nil {
			left = func(o object) bool { return a(o) && b(o) }
		}
	}
	return left, err
}

func (p *filterParser) one() (func(object) bool, error) {
	name := p.next()
	if name == "(" {
		f, err := p.either()
		if err == nil && p.next() != ")" {
			err = fmt.Errorf("a bracket is open")
		}
		return f, err
	}
	if p.next() != "(" {
		return nil, fmt.Errorf("%q is no call", name)
	}
	field := p.next()
	var value string
	if p.peek(",") {
		p.next()
		value = strings.Trim(p.next(), `'"`)
	}
	if p.next() != ")" {
		return nil, fmt.Errorf("%s is not closed", name)
	}
	return comparison(name, field, value)
}

func comparison(name, field, value string) (func(object) bool, error) {
	path, ok := strings.CutPrefix(field, "ticket.")
	if !ok {
		return nil, fmt.Errorf("%q is no field of a ticket", field)
	}
	get := func(o object) string { return fieldOf(o, path) }
	switch name {
	case "eq":
		return func(o object) bool { return get(o) == value }, nil
	case "neq":
		return func(o object) bool { return get(o) != value }, nil
	case "gte":
		return func(o object) bool { return get(o) != "" && get(o) >= value }, nil
	case "lte":
		return func(o object) bool { return get(o) != "" && get(o) <= value }, nil
	case "isEmpty":
		return func(o object) bool { return get(o) == "" }, nil
	case "isNotEmpty":
		return func(o object) bool { return get(o) != "" }, nil
	}
	return nil, fmt.Errorf("%q is no function", name)
}

// fieldOf is a field of a row as text, "" for null.
func fieldOf(o object, path string) string {
	var v any = o
	for name := range strings.SplitSeq(path, ".") {
		m, ok := v.(object)
		if !ok {
			return ""
		}
		v = m[name]
	}
	if v == nil {
		return ""
	}
	return fmt.Sprint(v)
}
