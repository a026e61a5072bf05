package helpdesk

import "encoding/json"

// cursor is how the state of a walk is stored, with the version of its shape.
type cursor[T any] struct {
	Version int `json:"v"`
	State   T   `json:"s"`
}

// ReadCursor reads the state of a walk. A cursor of another version, or one that
// can't be read, is as good as none: the walk begins anew, and reading again
// changes nothing.
func ReadCursor[T any](version int, b []byte) T {
	var c cursor[T]
	if len(b) == 0 || json.Unmarshal(b, &c) != nil || c.Version != version {
		var none T
		return none
	}
	return c.State
}

// WriteCursor writes what [ReadCursor] reads.
func WriteCursor(version int, state any) ([]byte, error) {
	return json.Marshal(cursor[any]{version, state})
}
