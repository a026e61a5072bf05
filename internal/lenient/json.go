package lenient

import (
	"bytes"
	"unicode/utf8"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"
	jsonv1 "github.com/go-json-experiment/json/v1"
)

// Options are how answers are read: all that encoding/json puts up with (a name
// twice or in other case, text that is no UTF-8), in one pass over the text,
// where that package takes one for each level of what reads itself. The first
// value that is not of the expected shape ends the reading.
var Options = json.JoinOptions(jsonv1.DefaultOptionsV1(), jsonv1.ReportErrorsWithLegacySemantics(false))

// Unmarshal reads a JSON value. After an error, v may be partly set.
func Unmarshal(b []byte, v any) error { return json.Unmarshal(b, v, Options) }

// Take reads the next value into v, or reads over it when it has another shape:
// ok is false then, and v may be partly set. An error is one of the text itself.
func Take(dec *jsontext.Decoder, v any) (ok bool, err error) {
	depth := dec.StackDepth()
	_, before := dec.StackIndex(depth)
	if json.UnmarshalDecode(dec, v) == nil {
		return true, nil
	}
	// An error of the text, or of who sends it, comes again where it came.
	for {
		if now := dec.StackDepth(); now == depth {
			if _, n := dec.StackIndex(depth); n > before {
				return false, nil
			}
		}
		if _, err := dec.ReadToken(); err != nil {
			return false, err
		}
	}
}

// Unquote returns the text of a JSON string, and whether the value is one.
func Unquote(b []byte) (s string, ok bool) {
	if len(b) < 2 || b[0] != '"' {
		return "", false
	}
	if plain := b[1 : len(b)-1]; bytes.IndexByte(plain, '\\') < 0 && utf8.Valid(plain) {
		return string(plain), true
	}
	text, _ := jsontext.AppendUnquote(nil, b) // what is no UTF-8 is replaced, as encoding/json does
	return string(text), true
}
