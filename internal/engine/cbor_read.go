package engine

import (
	"math"

	"github.com/helpdesk-exporter/helpdesk_exporter/internal/kpi"
)

// reader reads what writer writes. What it does not know makes it odd: it is for
// decode then, which takes everything that CBOR allows, and says what is wrong.
type reader struct {
	s   string // strings are parts of it: keep none of them for long
	at  int
	odd bool
}

func (r *reader) byte() byte {
	if r.at >= len(r.s) {
		r.odd = true
		return 0
	}
	b := r.s[r.at]
	r.at++
	return b
}

func (r *reader) head() (major byte, n uint64) {
	b := r.byte()
	n = uint64(b & 31)
	if n >= 24 {
		size := 1 << (n - 24)
		r.odd = r.odd || size > 8
		n = 0
		for i := 0; i < size && !r.odd; i++ {
			n = n<<8 | uint64(r.byte())
		}
	}
	return b >> 5, n
}

// of reads a head that must be of a type.
func (r *reader) of(major byte) uint64 {
	m, n := r.head()
	r.odd = r.odd || m != major
	return n
}

// num reads a whole number, small one of eight bits, marks one of 32.
func (r *reader) num() int64 {
	major, n := r.head()
	r.odd = r.odd || major > cborInt || n > math.MaxInt64
	if major == cborInt {
		return -1 - int64(n)
	}
	return int64(n)
}

func (r *reader) small() uint8 {
	n := r.of(cborUint)
	r.odd = r.odd || n > math.MaxUint8
	return uint8(n)
}

func (r *reader) marks() kpi.Marks {
	n := r.of(cborUint)
	r.odd = r.odd || n > math.MaxUint32
	return kpi.Marks(n)
}

func (r *reader) flag() bool {
	b := r.byte()
	r.odd = r.odd || b != cborTrue && b != cborFalse
	return b == cborTrue
}

func (r *reader) str() string {
	n := r.of(cborText)
	if r.odd || n > uint64(len(r.s)-r.at) {
		r.odd = true
		return ""
	}
	r.at += int(n)
	return r.s[r.at-int(n) : r.at]
}

// size reads how many elements there are, which take a byte at least.
func (r *reader) size() int {
	n := r.of(cborArray)
	if r.odd || n > uint64(len(r.s)-r.at) {
		r.odd = true
		return 0
	}
	return int(n)
}

// fields calls fn with the key of each field of a struct.
func (r *reader) fields(fn func(key uint64)) {
	for n := r.of(cborMap); n > 0 && !r.odd; n-- {
		fn(r.of(cborUint))
	}
}

// whole reports whether everything was read, and nothing was odd.
func (r *reader) whole() bool { return !r.odd && r.at == len(r.s) }

// decodeStored reads a conversation. Its strings are parts of one.
func decodeStored(b []byte) (*stored, error) {
	c := new(stored)
	r := reader{s: string(b)}
	r.stored(c)
	if r.whole() {
		return c, nil
	}
	c = new(stored)
	return c, decode(b, c)
}

func (r *reader) stored(c *stored) {
	r.fields(func(key uint64) {
		switch key {
		case 1:
			c.Row = new(kpi.Row)
			r.row(c.Row)
		case 2:
			n := r.size()
			c.Items = make([]kpi.Item, n, n+1) // mostly there comes another one
			for i := range c.Items {
				r.item(&c.Items[i])
			}
		case 3:
			c.Ratings = make([]kpi.Rating, r.size())
			for i := range c.Ratings {
				r.rating(&c.Ratings[i])
			}
		case 4:
			c.Marks = r.marks()
		case 5:
			c.Floor = r.num()
		case 6:
			c.Seen = r.num()
		case 7:
			c.Incomplete = r.flag()
		case 8:
			c.Whole = r.flag()
		case 9:
			c.Gone = r.flag()
		case 10:
			c.Compared = int(r.num())
		case 11:
			c.Settles = r.num()
		case 20:
			c.Due = r.num()
		case 21:
			c.Waits = new(reach)
			r.reach(c.Waits)
		default:
			r.odd = true
		}
	})
}
