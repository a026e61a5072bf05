package engine

import (
	"encoding/binary"

	"github.com/helpdesk-exporter/helpdesk_exporter/internal/kpi"
)

// A round writes each conversation that changed twice. What is written here is,
// byte by byte, what encode makes of the same value: that takes four times as
// long, for it looks at the types with each value.

// Major types of CBOR, RFC 8949.
const (
	cborUint  = 0
	cborInt   = 1
	cborText  = 3
	cborArray = 4
	cborMap   = 5

	cborFalse = 0xf4
	cborTrue  = 0xf5
)

// writer appends CBOR.
type writer struct{ b []byte }

func (w *writer) head(major byte, n uint64) {
	switch major <<= 5; {
	case n < 24:
		w.b = append(w.b, major|byte(n))
	case n < 1<<8:
		w.b = append(w.b, major|24, byte(n))
	case n < 1<<16:
		w.b = binary.BigEndian.AppendUint16(append(w.b, major|25), uint16(n))
	case n < 1<<32:
		w.b = binary.BigEndian.AppendUint32(append(w.b, major|26), uint32(n))
	default:
		w.b = binary.BigEndian.AppendUint64(append(w.b, major|27), n)
	}
}

func (w *writer) int(v int64) {
	if v < 0 {
		w.head(cborInt, uint64(-1-v))
		return
	}
	w.head(cborUint, uint64(v))
}

func (w *writer) text(s string) {
	w.head(cborText, uint64(len(s)))
	w.b = append(w.b, s...)
}

// fields are those of a struct, fewer than 24: a map whose head counts them.
type fields struct {
	*writer
	head int // where it is
}

func (w *writer) fields() fields {
	w.b = append(w.b, cborMap<<5)
	return fields{w, len(w.b) - 1}
}

func (f fields) key(k uint64) {
	f.b[f.head]++
	f.writer.head(cborUint, k)
}

// num, str and flag write a field, unless it is zero.
func (f fields) num(k uint64, v int64) {
	if v != 0 {
		f.key(k)
		f.int(v)
	}
}

func (f fields) str(k uint64, s string) {
	if s != "" {
		f.key(k)
		f.text(s)
	}
}

func (f fields) flag(k uint64, is bool) {
	if is {
		f.key(k)
		f.b = append(f.b, cborTrue)
	}
}

// encode appends a conversation as the ledger keeps it.
func (c *stored) encode(to []byte) []byte {
	w := &writer{to}
	f := w.fields()
	if c.Row != nil {
		f.key(1)
		w.row(c.Row)
	}
	if len(c.Items) > 0 {
		f.key(2)
		w.head(cborArray, uint64(len(c.Items)))
		for i := range c.Items {
			w.item(&c.Items[i])
		}
	}
	if len(c.Ratings) > 0 {
		f.key(3)
		w.head(cborArray, uint64(len(c.Ratings)))
		for i := range c.Ratings {
			w.rating(&c.Ratings[i])
		}
	}
	f.num(4, int64(c.Marks))
	f.num(5, c.Floor)
	f.num(6, c.Seen)
	f.flag(7, c.Incomplete)
	f.flag(8, c.Whole)
	f.flag(9, c.Gone)
	f.num(10, int64(c.Compared))
	f.num(11, c.Settles)
	f.num(20, c.Due)
	if c.Waits != nil {
		f.key(21)
		r := w.fields()
		r.key(1)
		w.int(c.Waits.Mark)
		r.key(2)
		w.int(c.Waits.Now)
	}
	return w.b
}

func (w *writer) row(r *kpi.Row) {
	f := w.fields()
	f.num(1, r.Created)
	f.num(2, r.Updated)
	f.num(3, r.Closed)
	f.num(4, r.ExcludedAt)
	f.num(5, int64(r.Status))
	f.num(6, int64(r.Excluded))
	f.flag(7, r.Automated)
	f.num(8, int64(r.Messages))
	f.str(9, r.Agent)
	f.str(10, r.URL)
	f.str(11, string(r.Channel))
	f.str(12, r.Team)
	f.str(13, r.Priority)
	f.str(14, r.Brand)
	f.str(15, r.Inbox)
	f.str(16, r.Language)
	if r.Due != (kpi.Due{}) {
		f.key(17)
		d := w.fields()
		d.num(1, r.Due.FirstResponse)
		d.num(2, r.Due.NextResponse)
		d.num(3, r.Due.Resolution)
	}
}

func (w *writer) item(it *kpi.Item) {
	f := w.fields()
	f.key(1)
	w.int(int64(it.Kind))
	f.str(2, it.ID)
	f.key(3)
	w.int(it.At)
	f.num(4, int64(it.Lane))
	if it.Seq != 0 {
		f.key(5)
		w.head(cborUint, it.Seq)
	}
	f.str(6, it.Agent)
	f.num(7, int64(it.Marks))
	f.num(8, int64(it.Author))
	f.flag(9, it.Public)
	f.flag(10, it.Undelivered)
	f.num(11, int64(it.Change))
	f.num(12, int64(it.To))
	f.num(13, int64(it.Excluded))
	f.num(14, int64(it.By))
	f.str(15, it.Cause)
	f.flag(16, it.Assumed)
	f.num(17, int64(it.Holder))
	f.num(18, int64(it.Label))
	f.str(19, it.From)
	f.str(20, it.Value)
	f.flag(21, it.Moved)
}

func (w *writer) rating(r *kpi.Rating) {
	f := w.fields()
	f.key(1)
	w.text(r.ID)
	f.num(2, r.Sent)
	f.num(3, r.Scored)
	f.num(4, int64(r.Score))
	f.num(5, int64(r.Marks))
}
