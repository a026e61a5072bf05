package simulator

import (
	"encoding/json"
	"net/http"
	"net/url"
	"strconv"
	"strings"
)

// rtPage is what the parameters of a list ask for. Rubbish is the default, and
// more than a hundred a page is cut to it.
type rtPage struct{ page, per int }

func rtPaging(q url.Values) rtPage {
	p := rtPage{page: 1, per: 20}
	if n, err := strconv.Atoi(q.Get("per_page")); err == nil && n > 0 {
		p.per = min(n, 100)
	}
	if n, err := strconv.Atoi(q.Get("page")); err == nil && n > 0 {
		p.page = n
	}
	return p
}

// cut returns the bounds of the page in n rows.
func (p rtPage) cut(n int) (from, to int) {
	from = min((p.page-1)*p.per, n)
	return from, min(from+p.per, n)
}

// rtList is the answer of a list of which the total is told.
func rtList(r *http.Request, p rtPage, items []any, total int) object {
	pages := (total + p.per - 1) / p.per
	o := object{"items": items, "count": len(items), "page": p.page, "per_page": p.per, "total": total, "pages": pages}
	if p.page < pages {
		q := r.URL.Query()
		q.Set("page", strconv.Itoa(p.page+1))
		o["next_page"] = "http://" + r.Host + r.URL.Path + "?" + q.Encode()
	}
	return o
}

// rtRef is a link to another record: what is always told, and what is when
// fields[…] asks for it.
type rtRef struct {
	link object
	more object
}

// rtRow is a record before fields are chosen: values are JSON, links or lists
// of links.
type rtRow map[string]any

// choose returns the fields of a list's item that were asked for: its type, id
// and address always, "" for a field that there is not.
func (row rtRow) choose(q url.Values) object {
	o := object{"type": row["type"], "id": row["id"], "_url": row["_url"]}
	for name := range strings.SplitSeq(q.Get("fields"), ",") {
		v, ok := row[name]
		switch {
		case name == "":
			continue
		case !ok:
			v = ""
		case name == "id":
			v = json.Number(row["id"].(string))
		}
		o[name] = rtExpand(v, q.Get("fields["+name+"]"))
	}
	return o
}

// whole returns a record alone: its id is a number there.
func (row rtRow) whole() object {
	o := object{}
	for name, v := range row {
		if name != "_url" && name != "type" {
			o[name] = rtExpand(v, "")
		}
	}
	o["id"] = json.Number(row["id"].(string))
	return o
}

func rtExpand(v any, fields string) any {
	switch v := v.(type) {
	case rtRef:
		o := object{}
		for k, x := range v.link {
			o[k] = x
		}
		for name := range strings.SplitSeq(fields, ",") {
			if name == "" {
				continue
			}
			o[name] = ""
			if x, ok := v.more[name]; ok {
				o[name] = x
			}
		}
		return o
	case []rtRef:
		list := make([]any, len(v))
		for i := range v {
			list[i] = rtExpand(v[i], fields)
		}
		return list
	}
	return v
}
