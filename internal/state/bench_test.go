package state_test

import (
	"fmt"
	"os"
	"strings"
	"testing"

	"github.com/helpdesk-exporter/helpdesk_exporter/internal/state"
)

// large is the path of a ledger of a few ten megabytes: what a busy desk keeps
// in a few months.
func large(b *testing.B) string {
	path := b.TempDir() + "/ledger.db"
	s, err := state.OpenBolt(path)
	if err != nil {
		b.Fatal(err)
	}
	for i := range 50 {
		err := s.Update(func(tx state.Tx) error {
			for j := range 1000 {
				id := fmt.Appendf(nil, "%d", (i*1000+j)*7919%50000)
				if err := tx.Put("shop", state.TableConversations, id, []byte(strings.Repeat("x", 900))); err != nil {
					return err
				}
			}
			return nil
		})
		if err != nil {
			b.Fatal(err)
		}
	}
	if err := s.Close(); err != nil {
		b.Fatal(err)
	}
	return path
}

// BenchmarkOpen shows what the check at the start costs, beside reading the file.
func BenchmarkOpen(b *testing.B) {
	path := large(b)
	fi, err := os.Stat(path)
	if err != nil {
		b.Fatal(err)
	}
	b.Run("read the file", func(b *testing.B) {
		b.SetBytes(fi.Size())
		for b.Loop() {
			if _, err := os.ReadFile(path); err != nil {
				b.Fatal(err)
			}
		}
	})
	b.Run("open", func(b *testing.B) {
		b.SetBytes(fi.Size())
		for b.Loop() {
			s, err := state.OpenBolt(path)
			if err != nil {
				b.Fatal(err)
			}
			if err := s.Close(); err != nil {
				b.Fatal(err)
			}
		}
	})
}
