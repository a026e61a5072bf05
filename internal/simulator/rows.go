package simulator

import (
	"bytes"
	"encoding/json"
	"slices"
)

// EditRows changes the rows of a list in a vendor's answer: the objects of a
// bare array, of an array beside the cursors ("data", "tickets", "conversations"),
// or of the nodes and edges of a GraphQL connection. An answer that is a row
// itself, or no JSON, stays as it is. Where an answer holds several lists, the
// longest is the one that was asked for, the others come beside it.
func EditRows(body []byte, change func([]any) []any) []byte {
	var answer any
	dec := json.NewDecoder(bytes.NewReader(body))
	dec.UseNumber()
	if dec.Decode(&answer) != nil {
		return body
	}
	if rows, ok := answer.([]any); ok {
		if !isRows(rows) {
			return body
		}
		answer = change(rows)
	} else if holder, key := findRows(answer); holder != nil {
		holder[key] = change(holder[key].([]any))
	} else {
		return body
	}
	out, err := json.Marshal(answer)
	if err != nil {
		return body
	}
	return out
}

// findRows returns the object that holds the list of rows, and under which key.
func findRows(answer any) (object, string) {
	o, ok := answer.(object)
	if !ok {
		return nil, ""
	}
	if _, row := o["id"]; row {
		return nil, ""
	}
	best := ""
	for key, v := range o {
		rows, ok := v.([]any)
		if !ok || !isRows(rows) {
			continue
		}
		if old, _ := o[best].([]any); best == "" || len(rows) > len(old) || len(rows) == len(old) && key < best {
			best = key
		}
	}
	if best != "" {
		return o, best
	}
	data, _ := o["data"].(object)
	for _, field := range sortedKeys(data) {
		for _, key := range []string{"nodes", "edges"} {
			connection, _ := data[field].(object)
			if rows, ok := connection[key].([]any); ok && isRows(rows) {
				return connection, key
			}
		}
	}
	return nil, ""
}

func isRows(list []any) bool {
	return len(list) > 0 && !slices.ContainsFunc(list, func(v any) bool { _, ok := v.(object); return !ok })
}

func sortedKeys(o object) []string {
	keys := make([]string, 0, len(o))
	for k := range o {
		keys = append(keys, k)
	}
	slices.Sort(keys)
	return keys
}

// Row is what a row of a list is about: the node of an edge, else itself.
func Row(v any) map[string]any {
	row, _ := v.(object)
	if node, ok := row["node"].(object); ok {
		return node
	}
	return row
}
