package zendesk

import "encoding/json"

// cursorVersion is that of the cursors of this package. A cursor of another
// version, or one that can't be read, is as good as none: the walk begins anew,
// and reading again changes nothing.
const cursorVersion = 1

func readCursor[T any](b []byte) T {
	var v struct {
		V int `json:"v"`
		S T   `json:"s"`
	}
	if len(b) == 0 || json.Unmarshal(b, &v) != nil || v.V != cursorVersion {
		var none T
		return none
	}
	return v.S
}

func writeCursor(state any) ([]byte, error) {
	return json.Marshal(struct {
		V int `json:"v"`
		S any `json:"s"`
	}{cursorVersion, state})
}
