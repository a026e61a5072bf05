package rest

import (
	"compress/gzip"
	"errors"
	"fmt"
	"io"
	"net/http"
	"reflect"
	"strings"
	"sync"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"

	"github.com/helpdesk-exporter/helpdesk_exporter/internal/lenient"
)

// decodeError is an answer that is not what it should be. Its text holds
// nothing of the answer: json's own errors quote it.
type decodeError struct {
	text  string
	final bool // asking again would give the same
}

func (e *decodeError) Error() string { return e.text }

// decode reads one JSON value, and nothing after it, from a good answer. The
// target is set only when the whole of it was read, so that an attempt that
// broke leaves nothing behind for the next one. Errors are *decodeError, or
// the transport's.
func decode(res *http.Response, limit int64, out any) error {
	if res.StatusCode == http.StatusNoContent {
		return nil // Zoho Desk says so for an empty list
	}
	if isHTML(res.Header) && res.ContentLength != 0 {
		return &decodeError{text: "HTML instead of JSON: a login, proxy or maintenance page answered"}
	}
	if out == nil {
		return nil
	}
	wire := &wireReader{r: res.Body}
	plain, err := decompress(res.Header, wire)
	if err != nil {
		return explain(err, wire, nil)
	}
	body := &limitedReader{r: plain, left: limit}
	fresh := reflect.New(reflect.TypeOf(out).Elem())
	if err := decodeOne(body, fresh.Interface()); err != nil {
		return explain(err, wire, body)
	}
	reflect.ValueOf(out).Elem().Set(fresh.Elem())
	return nil
}

// decoders have the memory of answers that were read, for the next ones.
var decoders = sync.Pool{New: func() any { return new(jsontext.Decoder) }}

func decodeOne(body *limitedReader, v any) error {
	dec := decoders.Get().(*jsontext.Decoder)
	defer decoders.Put(dec)
	dec.Reset(body, lenient.Options)
	if err := json.UnmarshalDecode(dec, v); err != nil {
		if errors.Is(err, io.EOF) {
			return &decodeError{text: "empty answer"}
		}
		return err
	}
	if body.first == 'n' { // null decodes into anything and would look like an empty page
		return &decodeError{text: "null instead of a value"}
	}
	if _, err := dec.ReadToken(); err == nil {
		return &decodeError{text: "data after the JSON value"}
	} else if !errors.Is(err, io.EOF) {
		return err
	}
	return nil
}

// explain puts an error of reading in words of our own. What the wire itself
// reported counts first: everything else follows from it.
func explain(err error, wire *wireReader, body *limitedReader) error {
	var (
		own    *decodeError
		syntax *jsontext.SyntacticError
		typed  *json.SemanticError
	)
	switch {
	case wire.err != nil && !errors.Is(wire.err, io.ErrUnexpectedEOF):
		return wire.err
	case body != nil && body.over:
		return &decodeError{text: "answer is larger than the limit", final: true}
	case errors.Is(err, io.ErrUnexpectedEOF):
		return &decodeError{text: "truncated answer"}
	case errors.As(err, &own):
		return own
	case errors.As(err, &syntax):
		return &decodeError{text: fmt.Sprintf("malformed JSON at byte %d", syntax.ByteOffset+1)}
	case errors.As(err, &typed) && kinds[typed.JSONKind] != "":
		return &decodeError{text: fmt.Sprintf("unexpected JSON: %s at byte %d where %s is documented", kinds[typed.JSONKind], typed.ByteOffset+1, inWords(typed.GoType))}
	default:
		return &decodeError{text: "answer cannot be decoded"}
	}
}

// inWords names a type that is wanted. Lists have no good name of their own.
func inWords(t reflect.Type) string {
	if t.Kind() == reflect.Slice {
		return "a list"
	}
	return t.String()
}

// kinds are JSON's kinds of values in words.
var kinds = map[jsontext.Kind]string{
	jsontext.KindNull: "null", jsontext.KindFalse: "bool", jsontext.KindTrue: "bool", jsontext.KindString: "string",
	jsontext.KindNumber: "number", jsontext.KindBeginObject: "object", jsontext.KindBeginArray: "array",
}

func isHTML(h http.Header) bool {
	kind, _, _ := strings.Cut(h.Get("Content-Type"), ";")
	kind = strings.ToLower(strings.TrimSpace(kind))
	return kind == "text/html" || kind == "application/xhtml+xml"
}

// decompress undoes the encoding that we asked for.
func decompress(h http.Header, r io.Reader) (io.Reader, error) {
	switch strings.ToLower(h.Get("Content-Encoding")) {
	case "", "identity":
		return r, nil
	case "gzip", "x-gzip":
		z, err := gzip.NewReader(r)
		if errors.Is(err, io.EOF) {
			return nil, &decodeError{text: "empty answer"}
		}
		return z, err
	default:
		return nil, &decodeError{text: "answer is compressed in a way that was not asked for"}
	}
}

// wireReader remembers how the connection failed, so that it can be told from
// a failure of what was read over it.
type wireReader struct {
	r   io.Reader
	err error
}

func (w *wireReader) Read(p []byte) (int, error) {
	n, err := w.r.Read(p)
	if err != nil && err != io.EOF {
		w.err = err
	}
	return n, err
}

// limitedReader fails when there is more than the limit, and remembers the
// first byte that is not white space.
type limitedReader struct {
	r     io.Reader
	left  int64
	over  bool
	first byte
}

var errTooLarge = errors.New("too large")

func (l *limitedReader) Read(p []byte) (int, error) {
	if l.over {
		return 0, errTooLarge
	}
	if int64(len(p)) > l.left+1 {
		p = p[:l.left+1]
	}
	n, err := l.r.Read(p)
	l.note(p[:n])
	if l.left -= int64(n); l.left < 0 {
		l.over = true
		return 0, errTooLarge
	}
	return n, err
}

func (l *limitedReader) note(p []byte) {
	for i := 0; l.first == 0 && i < len(p); i++ {
		if !strings.ContainsRune(" \t\r\n", rune(p[i])) {
			l.first = p[i]
		}
	}
}
