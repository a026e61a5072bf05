package engine

import (
	"math/rand/v2"
	"reflect"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
)

// random fills a value in: about half of its fields, each with anything that its
// type can hold.
func random(r *rand.Rand, v reflect.Value) {
	if r.IntN(2) == 0 {
		return
	}
	switch v.Kind() {
	case reflect.Struct:
		for i := range v.NumField() {
			random(r, v.Field(i))
		}
	case reflect.Pointer:
		v.Set(reflect.New(v.Type().Elem()))
		random(r, v.Elem())
	case reflect.Slice:
		v.Set(reflect.MakeSlice(v.Type(), r.IntN(30), 30))
		for i := range v.Len() {
			random(r, v.Index(i))
		}
	case reflect.String:
		b := make([]byte, r.IntN(1<<r.IntN(10)))
		for i := range b {
			b[i] = byte(r.Uint32()) // no UTF-8, mostly: vendors may send anything
		}
		v.SetString(string(b))
	case reflect.Bool:
		v.SetBool(true)
	default:
		n := r.Uint64() >> r.IntN(64)
		if v.CanUint() {
			v.SetUint(n >> (64 - v.Type().Bits()))
		} else {
			v.SetInt(int64(n))
		}
	}
}

func randomStored(r *rand.Rand) *stored {
	c := new(stored)
	for i := range reflect.ValueOf(c).Elem().NumField() {
		random(r, reflect.ValueOf(c).Elem().Field(i))
	}
	return c
}

func TestWhatIsWrittenIsWhatTheLibraryWrites(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 1))
	for range 200 {
		c := randomStored(r)
		want, err := encode(c)
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(want, c.encode(nil)); diff != "" {
			t.Fatalf("%+v (-want +got):\n%s", c, diff)
		}
	}
}

func (r *reader) reads() bool {
	r.stored(new(stored))
	return r.whole()
}

func TestWhatIsReadIsWhatTheLibraryReads(t *testing.T) {
	r := rand.New(rand.NewPCG(2, 2))
	sound := 0
	for range 200 {
		b := randomStored(r).encode(nil)
		if rd := (&reader{s: string(b)}); !rd.reads() {
			t.Fatalf("%x is odd", b)
		}
		for range r.IntN(3) { // damaged, that is of another program or cut off
			if len(b) > 0 {
				b[r.IntN(min(len(b), 40))] ^= byte(r.Uint32())
				b = b[:len(b)-r.IntN(2)]
			}
		}
		want := new(stored)
		wantErr := decode(b, want)
		got, err := decodeStored(b)
		if (err == nil) != (wantErr == nil) {
			t.Fatalf("%x: got %v, want %v", b, err, wantErr)
		}
		if err != nil {
			continue
		}
		if diff := cmp.Diff(want, got, cmpopts.EquateEmpty()); diff != "" {
			t.Fatalf("%x (-want +got):\n%s", b, diff)
		}
		sound++
	}
	if sound < 50 {
		t.Errorf("only %d of 200 could be read", sound)
	}
}
