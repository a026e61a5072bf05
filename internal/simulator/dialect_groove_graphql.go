package simulator

import (
	"errors"
	"fmt"
	"strconv"
	"strings"
)

// gqlField is a field that a query asks for: what it is called in the answer,
// its arguments with the variables put in, and what is asked of it. A fragment is
// a field with a type and no name.
type gqlField struct {
	as, name string
	on       string
	args     object
	fields   []gqlField
}

// parseGraphQL reads a query: one operation, fields, arguments, aliases and inline
// fragments, which is all that anybody asks with here.
func parseGraphQL(query string, vars object) ([]gqlField, error) {
	p := &gqlParser{words: gqlWords(query), vars: vars}
	for p.next() != "{" { // the operation, its name and its variables
		switch p.take() {
		case "":
			return nil, errors.New("parse error on end of query")
		case "(":
			for p.next() != ")" && p.next() != "" {
				p.take()
			}
		}
	}
	return p.set()
}

// gqlWords cuts a query into words; strings keep their quotes.
func gqlWords(s string) []string {
	var words []string
	for i := 0; i < len(s); {
		j := i + 1
		switch c := s[i]; {
		case strings.IndexByte(" \t\r\n,", c) >= 0:
			i++
			continue
		case strings.HasPrefix(s[i:], "..."):
			j = i + 3
		case c == '"':
			for j < len(s) && s[j] != '"' {
				j++
			}
			j = min(j+1, len(s))
		case isNameByte(c):
			for j < len(s) && isNameByte(s[j]) {
				j++
			}
		}
		words = append(words, s[i:j])
		i = j
	}
	return words
}

func isNameByte(c byte) bool {
	return c == '_' || c == '-' || c >= '0' && c <= '9' || c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z'
}

type gqlParser struct {
	words []string
	at    int
	vars  object
}

func (p *gqlParser) next() string {
	if p.at < len(p.words) {
		return p.words[p.at]
	}
	return ""
}

func (p *gqlParser) take() string {
	w := p.next()
	p.at++
	return w
}

func (p *gqlParser) expect(w string) error {
	if got := p.take(); got != w {
		return fmt.Errorf("parse error on %q, expected %q", got, w)
	}
	return nil
}

// set reads what is asked of one thing.
func (p *gqlParser) set() ([]gqlField, error) {
	if err := p.expect("{"); err != nil {
		return nil, err
	}
	var fields []gqlField
	for p.next() != "}" {
		f, err := p.field()
		if err != nil {
			return nil, err
		}
		fields = append(fields, f)
	}
	p.take()
	return fields, nil
}

func (p *gqlParser) field() (f gqlField, err error) {
	w := p.take()
	switch {
	case w == "":
		return f, errors.New("parse error on end of query")
	case w == "...":
		if err := p.expect("on"); err != nil {
			return f, err
		}
		f.on = p.take()
		f.fields, err = p.set()
		return f, err
	case !isNameByte(w[0]):
		return f, fmt.Errorf("parse error on %q", w)
	}
	f.as, f.name = w, w
	if p.next() == ":" {
		p.take()
		f.name = p.take()
	}
	if p.next() == "(" {
		if f.args, err = p.object("(", ")"); err != nil {
			return f, err
		}
	}
	if p.next() == "{" {
		f.fields, err = p.set()
	}
	return f, err
}

// object reads arguments, or an object in them.
func (p *gqlParser) object(begin, end string) (object, error) {
	if err := p.expect(begin); err != nil {
		return nil, err
	}
	o := object{}
	for p.next() != end {
		name := p.take()
		if err := p.expect(":"); err != nil {
			return nil, err
		}
		v, err := p.value()
		if err != nil {
			return nil, err
		}
		o[name] = v
	}
	p.take()
	return o, nil
}

func (p *gqlParser) value() (any, error) {
	switch w := p.next(); {
	case w == "{":
		return p.object("{", "}")
	case w == "$":
		p.take()
		return p.vars[p.take()], nil
	default:
		p.take()
		if w == "null" {
			return nil, nil
		}
		if n, err := strconv.ParseFloat(w, 64); err == nil {
			return n, nil
		}
		if b, err := strconv.ParseBool(w); err == nil {
			return b, nil
		}
		return strings.Trim(w, `"`), nil
	}
}
