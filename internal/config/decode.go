package config

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"reflect"
	"regexp"
	"strconv"
	"strings"

	promconfig "github.com/prometheus/common/config"
	"github.com/prometheus/common/model"
	"gopkg.in/yaml.v3"
)

// decode reads YAML into doc and reports whether it was YAML at all.
//
// It walks the parsed file itself instead of leaving that to yaml.v3, whose
// decoder gives up at the first value that a type refuses, tells no path, names
// Go types where users need keys, and forgets to be strict inside types that
// decode themselves. A test holds the two to the same results.
func decode(data []byte, doc *document, r *report) bool {
	d := yaml.NewDecoder(bytes.NewReader(data))
	var root yaml.Node
	switch err := d.Decode(&root); {
	case errors.Is(err, io.EOF):
		return true // an empty file: the checks say what it lacks
	case err != nil:
		syntax(r, err)
		return false
	}
	if err := d.Decode(new(yaml.Node)); !errors.Is(err, io.EOF) {
		r.add("", "the file holds more than one YAML document: keep one, without a second --- line")
		return false
	}
	w := walker{report: r}
	w.value(root.Content[0], reflect.ValueOf(doc).Elem(), "")
	return true
}

var syntaxLine = regexp.MustCompile(`^line (\d+): (.*)$`)

// syntax reports what the YAML parser said. It quotes nothing of the file but
// the name of an alias, which may be a password that begins with a star.
func syntax(r *report, err error) {
	text := strings.TrimPrefix(err.Error(), "yaml: ")
	if m := syntaxLine.FindStringSubmatch(text); m != nil {
		r.lines[""], _ = strconv.Atoi(m[1])
		text = m[2]
	}
	if strings.HasPrefix(text, "unknown anchor") {
		text = "an alias (*name) has no anchor (&name); put text that begins with * in quotes"
	}
	r.add("", "this is not YAML: %s", text)
	delete(r.lines, "")
}

// walker decodes a parsed file.
type walker struct {
	*report
	merging []*yaml.Node // what is being merged, for files that merge a mapping into itself
}

// defaulted are types that have other defaults than zero.
type defaulted interface{ setDefaults() }

// value decodes a node. A null leaves the default.
func (w *walker) value(n *yaml.Node, v reflect.Value, path string) {
	if n.Kind == yaml.AliasNode {
		n = n.Alias
	}
	w.lines[path] = n.Line
	if n.Kind == yaml.ScalarNode && n.ShortTag() == "!!null" {
		return
	}
	switch t := v.Type(); {
	case isLeaf(t):
		w.leaf(n, v, path)
	case t.Kind() == reflect.Pointer:
		p := reflect.New(t.Elem())
		if d, ok := p.Interface().(defaulted); ok {
			d.setDefaults()
		}
		w.value(n, p.Elem(), path)
		v.Set(p)
	case t.Kind() == reflect.Slice:
		w.list(n, v, path)
	case t.Kind() == reflect.Map:
		w.mapping(n, v, path)
	default:
		w.structure(n, v, path)
	}
}

// isLeaf tells single values, and those that yaml.v3 decodes as a whole, from
// lists and mappings.
func isLeaf(t reflect.Type) bool {
	switch t.Kind() {
	case reflect.Pointer, reflect.Slice, reflect.Map:
		return false
	case reflect.Struct:
		return t == reflect.TypeFor[promconfig.URL]()
	default:
		return true
	}
}

func (w *walker) leaf(n *yaml.Node, v reflect.Value, path string) {
	// The library cuts what is behind the point off a whole number.
	cut := v.Kind() == reflect.Int && n.ShortTag() != "!!int"
	// Its error is not shown: it may quote what is secret.
	if err := n.Decode(v.Addr().Interface()); err != nil || cut {
		w.wrong(n, v.Type(), path)
	} else if d, ok := v.Interface().(model.Duration); ok && d > maxDuration {
		w.bad(path, d, "that is longer than any use: use at most %s", maxDuration)
	}
}

// maxDuration keeps sums of two durations from overflowing.
const maxDuration = model.Duration(100 * 365 * day)

func (w *walker) list(n *yaml.Node, v reflect.Value, path string) {
	if n.Kind != yaml.SequenceNode {
		w.wrong(n, v.Type(), path)
		return
	}
	v.Set(reflect.MakeSlice(v.Type(), len(n.Content), len(n.Content)))
	for i, item := range n.Content {
		w.value(item, v.Index(i), index(path, i))
	}
}

func (w *walker) mapping(n *yaml.Node, v reflect.Value, path string) {
	if n.Kind != yaml.MappingNode {
		w.wrong(n, v.Type(), path)
		return
	}
	v.Set(reflect.MakeMap(v.Type()))
	for _, p := range w.pairs(n, path) {
		w.entry(p, v, path)
	}
}

// entry decodes one entry of a map.
func (w *walker) entry(p pair, m reflect.Value, path string) {
	e := reflect.New(m.Type().Elem()).Elem()
	w.value(p.value, e, join(path, p.key))
	m.SetMapIndex(reflect.ValueOf(p.key), e)
}

func (w *walker) structure(n *yaml.Node, v reflect.Value, path string) {
	if n.Kind != yaml.MappingNode {
		w.wrong(n, v.Type(), path)
		return
	}
	known := fieldsOf(v.Type())
	for _, p := range w.pairs(n, path) {
		i, ok := known.byKey[p.key]
		switch {
		case ok:
			w.value(w.fromEnvironment(p, known, path), v.FieldByIndex(i), join(path, p.key))
		case known.rest != nil:
			m := v.FieldByIndex(known.rest)
			if m.IsNil() {
				m.Set(reflect.MakeMap(m.Type()))
			}
			w.entry(p, m, path)
		default:
			w.unknownKey(p, v, known, path)
		}
	}
}

// keyed are types that have more to say about their keys than a list.
type keyed interface{ keyHelp() string }

// unknownKey reports a key that is none, without its value: a misspelled key may
// well hold a password. Without its colon the password is a part of the key, and
// without its key it is in the place of one: that is not shown either.
func (w *walker) unknownKey(p pair, v reflect.Value, known fields, path string) {
	help := "keys here are " + list(known.keys)
	if k, ok := v.Interface().(keyed); ok {
		help = k.keyHelp()
	}
	name := p.key
	if i := strings.IndexAny(name, " \t:="); holdsSecrets(v.Type()) && i >= 0 {
		name = name[:i] + " <secret>"
	} else if holdsSecrets(v.Type()) && p.value.ShortTag() == "!!null" {
		name = "<secret>"
	}
	at := join(path, name)
	w.lines[at] = p.line
	w.add(at, "unknown key: %s", help)
	w.unknown[path] = true
}

// wrong reports a value of the wrong kind.
func (w *walker) wrong(n *yaml.Node, t reflect.Type, path string) {
	switch {
	case n.Kind == yaml.MappingNode:
		w.add(path, "this must be %s, not a mapping", kindOf(t))
	case n.Kind == yaml.SequenceNode:
		w.add(path, "this must be %s, not a list", kindOf(t))
	case t == reflect.TypeFor[promconfig.URL]():
		w.bad(path, hideInURL(n.Value), "this must be %s", kindOf(t))
	case isLeaf(t) && !secret(t):
		w.bad(path, n.Value, "this must be %s", kindOf(t))
	case t.Kind() == reflect.Slice && t.Elem().Kind() == reflect.String && !secret(t.Elem()):
		w.bad(path, n.Value, "this must be %s, not a single value", kindOf(t))
	default: // perhaps a secret in the place of the mapping that should hold it
		w.add(path, "this must be %s, not a single value", kindOf(t))
	}
	w.undecoded[path] = true
}

func secret(t reflect.Type) bool { return t == reflect.TypeFor[promconfig.Secret]() }

// holdsSecrets reports whether a mapping has a key for a secret.
func holdsSecrets(t reflect.Type) bool {
	for _, f := range reflect.VisibleFields(t) {
		if secret(f.Type) {
			return true
		}
	}
	return false
}

var plainKey = regexp.MustCompile(`^[a-zA-Z0-9_-]+$`)

// join writes the path of a key in a mapping.
func join(path, key string) string {
	if !plainKey.MatchString(key) {
		key = show(key)
	}
	if path == "" {
		return key
	}
	return path + "." + key
}

// index writes the path of an item of a list.
func index(path string, i int) string { return fmt.Sprintf("%s[%d]", path, i) }
