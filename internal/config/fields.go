package config

import (
	"reflect"
	"slices"
	"strings"

	promconfig "github.com/prometheus/common/config"
	"github.com/prometheus/common/model"
	"gopkg.in/yaml.v3"
)

// fields are the keys that a type has in YAML.
type fields struct {
	keys  []string         // sorted
	byKey map[string][]int // to the field, through inlined structs
	rest  []int            // an inlined map that takes every other key, if any
}

func fieldsOf(t reflect.Type) fields {
	f := fields{byKey: make(map[string][]int)}
	f.collect(t, nil)
	slices.Sort(f.keys)
	return f
}

func (f *fields) collect(t reflect.Type, at []int) {
	for i := range t.NumField() {
		field := t.Field(i)
		index := append(slices.Clone(at), i)
		key, options, _ := strings.Cut(field.Tag.Get("yaml"), ",")
		switch inline := options == "inline"; {
		case !field.IsExported() || key == "-":
		case inline && field.Type.Kind() == reflect.Map:
			f.rest = index
		case inline:
			f.collect(field.Type, index)
		case strings.HasSuffix(key, "_ref"):
			// Names in a secret manager, which Prometheus' client can use and
			// this program does not have.
		default:
			f.keys = append(f.keys, key)
			f.byKey[key] = index
		}
	}
}

// kindOf says what a value of a type looks like in YAML.
func kindOf(t reflect.Type) string {
	switch t {
	case reflect.TypeFor[model.Duration]():
		return "a duration such as 30s, 12h or 28d"
	case reflect.TypeFor[promconfig.URL]():
		return "a URL"
	case reflect.TypeFor[promconfig.TLSVersion]():
		return "one of TLS10, TLS11, TLS12, TLS13"
	}
	switch t.Kind() {
	case reflect.Bool:
		return "true or false"
	case reflect.Int:
		return "a whole number"
	case reflect.Float64:
		return "a number"
	case reflect.Slice:
		return "a list"
	case reflect.Map, reflect.Struct:
		return "a mapping"
	default:
		return "text"
	}
}

// pair is a key of a mapping and its value.
type pair struct {
	key   string
	line  int
	value *yaml.Node
}

// pairs lists a mapping. A key that is there twice is reported; keys that are
// merged in ("<<") give way to the mapping's own.
func (w *walker) pairs(n *yaml.Node, path string) []pair {
	var own, merged []pair
	seen := make(map[string]bool)
	for i := 0; i+1 < len(n.Content); i += 2 {
		key, value := n.Content[i], n.Content[i+1]
		if key.Kind == yaml.AliasNode {
			key = key.Alias
		}
		switch {
		case key.ShortTag() == "!!merge":
			merged = append(merged, w.merge(value, path)...)
		case key.Kind != yaml.ScalarNode:
			w.lines[path] = key.Line
			w.add(path, "a key must be a single value, not a list or a mapping")
		case seen[key.Value]:
			at := join(path, key.Value)
			w.lines[at] = key.Line
			w.add(at, "the key is there twice: keep one")
		default:
			seen[key.Value] = true
			own = append(own, pair{key.Value, key.Line, value})
		}
	}
	for _, p := range merged {
		if !seen[p.key] {
			seen[p.key] = true
			own = append(own, p)
		}
	}
	return own
}

// merge lists the mapping, or the mappings, that a merge key names; of two
// the earlier wins.
func (w *walker) merge(n *yaml.Node, path string) []pair {
	if n.Kind == yaml.AliasNode {
		n = n.Alias
	}
	if slices.Contains(w.merging, n) {
		w.add(path, "a mapping is merged into itself: write its keys out")
		return nil
	}
	w.merging = append(w.merging, n)
	defer func() { w.merging = w.merging[:len(w.merging)-1] }()
	switch n.Kind {
	case yaml.MappingNode:
		return w.pairs(n, path)
	case yaml.SequenceNode:
		var all []pair
		for _, item := range n.Content {
			all = append(all, w.merge(item, path)...)
		}
		return all
	default:
		w.add(path, "only mappings can be merged (<<)")
		return nil
	}
}
