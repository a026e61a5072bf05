package config

import (
	"bytes"
	"os"
	"path/filepath"
	"reflect"
	"regexp"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	promconfig "github.com/prometheus/common/config"
	"gopkg.in/yaml.v3"
)

const exampleFile = "../../config.example.yaml"

func read(t testing.TB, file string) []byte {
	t.Helper()
	b, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// A configuration with all defaults written out means the same to this
// package's decoder and to that of yaml.v3, strict.
func TestDecoderAgreesWithTheOneOfTheLibrary(t *testing.T) {
	for _, file := range []string{"testdata/example.golden", "testdata/minimal.golden", "testdata/secretive.golden"} {
		t.Run(file, func(t *testing.T) {
			text := read(t, file)
			r := newReport("")
			var ours, theirs document
			if !decode(text, &ours, r) || r.err() != nil {
				t.Fatal(r.err())
			}
			d := yaml.NewDecoder(bytes.NewReader(text))
			d.KnownFields(true)
			if err := d.Decode(&theirs); err != nil {
				t.Fatal(err)
			}
			all := cmp.Exporter(func(t reflect.Type) bool { return t != reflect.TypeFor[promconfig.ProxyConfig]() })
			proxy := cmp.Transformer("proxy", func(p promconfig.ProxyConfig) []any {
				return []any{p.ProxyURL.Redacted(), p.NoProxy, p.ProxyFromEnvironment, p.ProxyConnectHeader}
			})
			if diff := cmp.Diff(theirs, ours, all, proxy); diff != "" {
				t.Errorf("documents (-library +ours):\n%s", diff)
			}
		})
	}
}

func TestExampleShowsEveryKey(t *testing.T) {
	text := string(read(t, exampleFile))
	for key := range keysOf(reflect.TypeFor[document]()) {
		if !regexp.MustCompile(`(?m)(^|[ {#])` + key + `:`).MatchString(text) {
			t.Errorf("config.example.yaml does not show the key %s", key)
		}
	}
}

// keysOf collects the keys of the project's own types.
func keysOf(t reflect.Type) map[string]bool {
	keys := make(map[string]bool)
	switch t.Kind() {
	case reflect.Pointer, reflect.Slice, reflect.Map:
		return keysOf(t.Elem())
	case reflect.Struct:
	default:
		return keys
	}
	if t.PkgPath() != reflect.TypeFor[document]().PkgPath() {
		return keys
	}
	for i := range t.NumField() {
		f := t.Field(i)
		key, options, _ := strings.Cut(f.Tag.Get("yaml"), ",")
		if options != "inline" {
			keys[key] = true
		}
		for k := range keysOf(f.Type) {
			keys[k] = true
		}
	}
	return keys
}

// Every vendor's block is in the table, in a field of a source, and nowhere else.
func TestVendorsAreThoseOfTheSources(t *testing.T) {
	blockType := reflect.TypeFor[block]()
	source := reflect.TypeFor[sourceDoc]()
	var fields []string
	for i := range source.NumField() {
		f := source.Field(i)
		if !f.Type.Implements(blockType) {
			continue
		}
		key, _, _ := strings.Cut(f.Tag.Get("yaml"), ",")
		fields = append(fields, key)

		var s sourceDoc
		reflect.ValueOf(&s).Elem().Field(i).Set(reflect.New(f.Type.Elem()))
		for _, v := range vendors {
			if got, want := v.block(&s) != nil, v.key == key; got != want {
				t.Errorf("the vendor %s finds the block of %s: %v", v.key, key, got)
			}
		}
	}
	if diff := cmp.Diff(fields, vendorKeys()); diff != "" {
		t.Errorf("vendors (-fields of sourceDoc +table):\n%s", diff)
	}
	for _, v := range vendors {
		if v.example == "" {
			t.Errorf("the vendor %s has no example of a URL", v.key)
		}
	}
}

func TestVendorWithAPublicHostNeedsNoURL(t *testing.T) {
	r := newReport("")
	c := &checker{report: r}
	u := c.endpoint("sources[0].public", &sourceDoc{}, vendor{key: "public", public: "https://api.example.com/"}, &Endpoint{})
	if err := r.err(); err != nil || u == nil || u.String() != "https://api.example.com" {
		t.Errorf("URL %v, error %v", u, err)
	}
}

func TestHidingSecretsInWhatShouldBeAURL(t *testing.T) {
	for text, want := range map[string]string{
		"https://acme.gorgias.com/api":        "https://acme.gorgias.com/api",
		"https://bot:pw@acme.com/x":           "https://<secret>@acme.com/x",
		"bot:pw@acme.com":                     "<secret>@acme.com",
		"https://bot:p?w#@acme.com/?k=v":      "https://<secret>@acme.com/?<secret>",
		"https://acme.com/?token=a&mail=b@c":  "https://<secret>@c",
		"https://acme.com/#access_token=abcd": "https://acme.com/#<secret>",
		"":                                    "",
	} {
		if got := hideInURL(text); got != want {
			t.Errorf("hideInURL(%q) = %q, want %q", text, got, want)
		}
	}
}

// Whatever the input, there is a configuration or an error, and a configuration
// that is printed is one that says the same.
func FuzzParse(f *testing.F) {
	bad, err := filepath.Glob("testdata/bad/*.yaml")
	if err != nil {
		f.Fatal(err)
	}
	for _, file := range append(bad, exampleFile) {
		f.Add(read(f, file))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		v, err := Parse(data, "")
		if (v == nil) == (err == nil) {
			t.Fatalf("configuration %v, error %v", v, err)
		}
		if err != nil {
			if err.Error() == "" {
				t.Fatal("an error without words")
			}
			return
		}
		again, err := Parse([]byte(v.String()), "")
		if err != nil {
			t.Fatalf("what was printed is refused: %v\n%s", err, v)
		}
		if diff := cmp.Diff(v.String(), again.String()); diff != "" {
			t.Fatalf("what was printed says something else:\n%s", diff)
		}
	})
}
