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
	begin := placeOf(dec)
	if json.UnmarshalDecode(dec, v) == nil {
		return true, nil
	}
	return false, begin.readOver(dec, nil)
}

// place is where a value begins.
type place struct {
	depth  int
	before int64 // values before it at that depth
}

func placeOf(dec *jsontext.Decoder) place {
	p := place{depth: dec.StackDepth()}
	_, p.before = dec.StackIndex(p.depth)
	return p
}

// readOver reads the value to its end, of which some may have been read. member, when
// not nil, is told the names of its members, and may read their values. An error is
// one of the text, or of who sends it, which comes again where it came.
func (p place) readOver(dec *jsontext.Decoder, member func(name string) error) error {
	for {
		depth := dec.StackDepth()
		kind, n := dec.StackIndex(depth)
		if depth == p.depth && n > p.before {
			return nil
		}
		token, err := dec.ReadToken()
		if err != nil {
			return err
		}
		if named := depth == p.depth+1 && kind == jsontext.KindBeginObject && n%2 == 0 && token.Kind() == jsontext.KindString; named && member != nil {
			if err := member(token.String()); err != nil {
				return err
			}
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
