package state_test

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/helpdesk-exporter/helpdesk_exporter/internal/state"
)

const pageSize = 4096

// specimen is a ledger as a file, with what is in it: several sources, tables
// of one page and of many, logs, values larger than a page, and free pages. Earlier
// is the same ledger before its last commits.
type specimen struct {
	file, earlier []byte
	holds         model
}

func newSpecimen(tb testing.TB) specimen {
	tb.Helper()
	r := rand.New(rand.NewPCG(7, 7))
	path := filepath.Join(tb.TempDir(), "specimen.db")
	s, err := state.OpenBolt(path)
	if err != nil {
		tb.Fatal(err)
	}
	sp := specimen{holds: model{}}
	commit := func(n int) {
		err := s.Update(func(tx state.Tx) error {
			for range n {
				if err := sp.change(r, tx); err != nil {
					return err
				}
			}
			return nil
		})
		if err != nil {
			tb.Fatal(err)
		}
	}
	for range 12 {
		commit(60)
	}
	if sp.earlier, err = os.ReadFile(path); err != nil {
		tb.Fatal(err)
	}
	commit(40)
	commit(3)
	if err := s.Close(); err != nil {
		tb.Fatal(err)
	}
	if sp.file, err = os.ReadFile(path); err != nil {
		tb.Fatal(err)
	}
	return sp
}

// change puts or deletes a random value.
func (sp specimen) change(r *rand.Rand, tx state.Tx) error {
	p := place{
		source: []string{"desk", "shop", "tiny"}[min(r.IntN(20), 2)],
		table:  state.Tables[r.IntN(len(state.Tables))], key: fmt.Sprintf("key %d", r.IntN(120)),
	}
	if p.source != "tiny" {
		p.source = []string{"desk", "shop"}[r.IntN(2)]
		p.table = []state.Table{state.TableMeta, state.TableConversations, state.TableMessages, state.TableLive}[r.IntN(4)]
	} else if r.IntN(4) > 0 {
		p.source = "shop"
	}
	if r.IntN(4) == 0 {
		delete(sp.holds, p)
		return tx.Delete(p.source, p.table, []byte(p.key))
	}
	size := r.IntN(200)
	if r.IntN(60) == 0 {
		size = 3 * pageSize
	}
	sp.holds[p] = strings.Repeat(string(rune('a'+r.IntN(26))), size)
	if p.table == state.TableLive || p.table == state.TableConversations && r.IntN(2) == 0 {
		return tx.PutHot(p.source, p.table, []byte(p.key), []byte(sp.holds[p]))
	}
	return tx.Put(p.source, p.table, []byte(p.key), []byte(sp.holds[p]))
}

// patient is a copy of the specimen that is damaged again and again.
type patient struct {
	specimen
	t    *testing.T
	path string
}

func newPatient(t *testing.T, sp specimen) *patient {
	p := &patient{specimen: sp, t: t, path: newPath(t)}
	p.write(sp.file)
	return p
}

func (p *patient) write(b []byte) {
	p.t.Helper()
	if err := os.WriteFile(p.path, b, 0o600); err != nil {
		p.t.Fatal(err)
	}
}

// open opens the file and waits until it was checked. What can be read before
// must be right, whatever the check finds.
func (p *patient) open(what string) (*state.Bolt, error) {
	p.t.Helper()
	s, err := state.OpenBolt(p.path)
	if err != nil {
		return nil, err
	}
	got, gerr := contents(s, state.EarlyTables()...)
	err = s.Checked()
	if diff := cmp.Diff(p.holds.of(state.EarlyTables()), got); diff != "" && gerr == nil || gerr != nil && err == nil {
		p.t.Errorf("%s: read before it was checked, and wrong: %v (-want +got):\n%s", what, gerr, diff)
	}
	if err != nil {
		return nil, errors.Join(err, s.Close())
	}
	return s, nil
}

// examine opens the damaged file. It must be refused as damaged, or hold what
// the specimen holds; in either case it is left alone. It reports whether it
// was refused.
func (p *patient) examine(what string, damaged []byte) (refused bool) {
	p.t.Helper()
	p.write(damaged)
	s, err := p.open(what)
	switch {
	case errors.Is(err, state.ErrDamaged):
		for _, say := range []string{p.path + ": the ledger is damaged; it was left as it is: ", "Restore the file from a backup", "move the file away"} {
			if !strings.Contains(err.Error(), say) {
				p.t.Errorf("%s: the message lacks %q:\n%s", what, say, err)
			}
		}
	case errors.Is(err, state.ErrSchema): // the names of the buckets at the top
	case err != nil:
		p.t.Errorf("%s: got %v, want ErrDamaged or nothing", what, err)
	default:
		got, err := contents(s, state.Tables...)
		if diff := cmp.Diff(p.holds, got); diff != "" || err != nil {
			p.t.Errorf("%s: accepted, but it reads wrong: %v (-want +got):\n%s", what, err, diff)
		}
		if err := s.Close(); err != nil {
			p.t.Error(err)
		}
	}
	after, rerr := os.ReadFile(p.path)
	if rerr != nil || !bytes.Equal(after, damaged) {
		p.t.Errorf("%s: the file was changed: %v", what, rerr)
	}
	return err != nil
}

func (p *patient) damaged(at int, with ...byte) []byte {
	b := bytes.Clone(p.file)
	copy(b[at:], with)
	return b
}

func TestTheSpecimenItselfIsSound(t *testing.T) {
	sp := newSpecimen(t)
	if newPatient(t, sp).examine("as it is", sp.file) {
		t.Error("it was refused")
	}
	if n := len(sp.file) / pageSize; n < 40 || len(sp.holds) < 300 {
		t.Errorf("%d pages and %d values are too little to learn from", n, len(sp.holds))
	}
}

// kinds are the pages of the specimen by what is on them, as their headers say.
func (sp specimen) kinds() map[string]int {
	n := map[string]int{}
	for at := 0; at < len(sp.file); at += pageSize {
		n[fmt.Sprintf("%#x", binary.NativeEndian.Uint16(sp.file[at+8:]))]++
	}
	return n
}

func TestAFlippedByteAnywhereIsRefusedOrHarmless(t *testing.T) {
	sp := newSpecimen(t)
	p := newPatient(t, sp)
	r := rand.New(rand.NewPCG(1, 2))
	refused, tried := 0, 0
	for page := range len(sp.file) / pageSize {
		offsets := []int{0, 8, 9, 10, 11, 12, 15} // id, flags, count, overflow
		for range 3 {
			offsets = append(offsets, 16+r.IntN(240)) // the elements
		}
		for range 3 {
			offsets = append(offsets, r.IntN(pageSize))
		}
		if !slices.ContainsFunc(sp.file[page*pageSize:(page+1)*pageSize], func(b byte) bool { return b != 0 }) {
			offsets = offsets[len(offsets)-1:] // never written: all bytes are alike
		}
		for _, o := range offsets {
			at := page*pageSize + o
			with := sp.file[at] ^ byte(1+r.IntN(255))
			tried++
			if p.examine(fmt.Sprintf("page %d byte %d", page, o), p.damaged(at, with)) {
				refused++
			}
		}
	}
	if refused < tried/4 {
		t.Errorf("only %d of %d were refused: the specimen is mostly empty", refused, tried)
	}
	t.Logf("%d of %d were refused; pages by flags: %v", refused, tried, sp.kinds())
}

func TestAPageThatIsZeroedOrGarbledOrAnotherOneIsRefusedOrHarmless(t *testing.T) {
	sp := newSpecimen(t)
	p := newPatient(t, sp)
	r := rand.New(rand.NewPCG(3, 4))
	refused := 0
	for page := range len(sp.file) / pageSize {
		at := page * pageSize
		garbage := make([]byte, pageSize)
		for i := range garbage {
			garbage[i] = byte(r.Uint32())
		}
		other := r.IntN(len(sp.file)/pageSize) * pageSize
		copied := bytes.Clone(sp.file[other : other+pageSize])
		binary.NativeEndian.PutUint64(copied, uint64(page)) // with the right id
		for name, with := range map[string][]byte{
			"zeroed": make([]byte, pageSize), "garbage": garbage, "cut": make([]byte, 512), "another page": copied,
		} {
			if p.examine(fmt.Sprintf("page %d %s", page, name), p.damaged(at, with...)) {
				refused++
			}
		}
	}
	if refused < len(sp.file)/pageSize {
		t.Errorf("only %d were refused", refused)
	}
}

// A write that a disk confirmed and never made leaves a page of the past. It is
// whole in itself; what it lacks shows only in the sum of all values. (Lost meta
// pages are not tried: such a file is the earlier ledger, whole.)
func TestAPageOfThePastIsRefusedOrHarmless(t *testing.T) {
	sp := newSpecimen(t)
	p := newPatient(t, sp)
	tried, refused := 0, 0
	for page := 2; page < min(len(sp.file), len(sp.earlier))/pageSize; page++ {
		at := page * pageSize
		past := sp.earlier[at : at+pageSize]
		if bytes.Equal(past, sp.file[at:at+pageSize]) {
			continue
		}
		tried++
		if p.examine(fmt.Sprintf("page %d of the past", page), p.damaged(at, past...)) {
			refused++
		}
	}
	if refused == 0 {
		t.Errorf("none of %d pages of the past was refused", tried)
	}
}

func TestAFileThatIsCutOffIsRefused(t *testing.T) {
	sp := newSpecimen(t)
	p := newPatient(t, sp)
	r := rand.New(rand.NewPCG(5, 6))
	pages := len(sp.file) / pageSize
	lengths := []int{1, 80, 512, pageSize - 1, pageSize, pageSize + 1, 2 * pageSize, 3 * pageSize, 4 * pageSize, pages / 2 * pageSize}
	for range 40 {
		lengths = append(lengths, 1+r.IntN(len(sp.file)/2))
	}
	for _, n := range lengths {
		if !p.examine(fmt.Sprintf("cut to %d bytes", n), sp.file[:n]) {
			t.Errorf("a file of %d bytes cut to %d was accepted", len(sp.file), n)
		}
	}
	if p.examine("longer", append(bytes.Clone(sp.file), make([]byte, 10*pageSize)...)) {
		t.Error("a longer file was refused: bbolt grows files ahead")
	}
}

func TestEitherMetaPageIsNeeded(t *testing.T) {
	sp := newSpecimen(t)
	p := newPatient(t, sp)
	for page := range 2 {
		if !p.examine("a meta page", p.damaged(page*pageSize+16+50, 0xff, 0xff)) {
			t.Errorf("without meta page %d the last commit may be missing, but the file was accepted", page)
		}
	}
}

// Pages that refer to each other in a circle make bbolt's own check overflow
// the stack, which no program survives.
func TestPagesInACircleAreRefused(t *testing.T) {
	sp := newSpecimen(t)
	p := newPatient(t, sp)
	tried := 0
	for page := 2; page < len(sp.file)/pageSize; page++ {
		at := page * pageSize
		if binary.NativeEndian.Uint16(sp.file[at+8:]) != 0x01 { // no branch
			continue
		}
		n := int(binary.NativeEndian.Uint16(sp.file[at+10:]))
		for i := range n {
			tried++
			self := binary.NativeEndian.AppendUint64(nil, uint64(page))
			p.examine(fmt.Sprintf("branch %d leads to itself", page), p.damaged(at+16+16*i+8, self...))
		}
	}
	if tried == 0 {
		t.Error("the specimen has no branch page")
	}
}

func TestALedgerThatWasOpenedGoesOnAfterHarmlessDamage(t *testing.T) {
	sp := newSpecimen(t)
	p := newPatient(t, sp)
	opened := 0
	for page := 2; page < len(sp.file)/pageSize; page++ {
		b := p.damaged(page*pageSize, make([]byte, pageSize)...)
		if p.examine("zeroed", b) {
			continue
		}
		opened++
		s := openAt(t, p.path)
		put(t, s, model{{"shop", state.TableMeta, "more"}: strings.Repeat("y", 3*pageSize)})
		if err := s.Close(); err != nil {
			t.Fatal(err)
		}
		s = openAt(t, p.path)
		got, err := contents(s, state.Tables...)
		if err != nil || len(got) != len(sp.holds)+1 {
			t.Fatalf("after page %d was zeroed and the store written to: %d values, %v", page, len(got), err)
		}
		if err := s.Close(); err != nil {
			t.Fatal(err)
		}
	}
	if opened == 0 {
		t.Error("the specimen has no free page")
	}
}

// Any file as the ledger: it opens and can be read whole, or is refused by name and
// left as it is.
func FuzzOpeningAnyFileNeverCrashes(f *testing.F) {
	sp := newSpecimen(f)
	f.Add([]byte("no ledger"))
	f.Add(sp.file[:4*pageSize])
	f.Add(bytes.Repeat(sp.file[:pageSize], 8))
	f.Fuzz(func(t *testing.T, file []byte) {
		path := newPath(t)
		if err := os.WriteFile(path, file, 0o600); err != nil {
			t.Fatal(err)
		}
		s, err := state.OpenBolt(path)
		if err == nil {
			_, err = contents(s, state.Tables...)
			err = errors.Join(err, s.Close())
			if err != nil {
				t.Errorf("opened, then: %v", err)
			}
			return
		}
		if !errors.Is(err, state.ErrDamaged) && !errors.Is(err, state.ErrSchema) {
			t.Errorf("got %v, want ErrDamaged or ErrSchema", err)
		}
		if after, err := os.ReadFile(path); err != nil || !bytes.Equal(after, file) {
			t.Errorf("the file was changed: %v", err)
		}
	})
}

// A good ledger with bytes changed in two places: it is refused, or holds what it held.
func FuzzDamageAnywhereIsRefusedOrHarmless(f *testing.F) {
	sp := newSpecimen(f)
	f.Add(uint32(3*pageSize), uint32(5*pageSize+8), []byte{0xff}, []byte{1, 2, 3})
	f.Add(uint32(16), uint32(pageSize+16), []byte{0xed}, []byte{0})
	f.Fuzz(func(t *testing.T, a, b uint32, with, and []byte) {
		p := newPatient(t, sp)
		file := bytes.Clone(sp.file)
		copy(file[int(a)%len(file):], with)
		copy(file[int(b)%len(file):], and)
		p.examine("fuzzed", file)
	})
}
