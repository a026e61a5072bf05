package app

import (
	"bytes"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/helpdesk-exporter/helpdesk_exporter/internal/state"
)

// The start does not wait for the check of closed conversations: it ends the
// exporter when it finds damage.
func TestAnExporterOverADamagedHistoryEndsAndSaysWhatToDo(t *testing.T) {
	dir := t.TempDir()
	write(t, filepath.Join(dir, "config.yaml"), global+"sources:\n"+rtSource("desk", "http://127.0.0.1:9", rtToken))
	path := filepath.Join(dir, "ledger.db")
	s, err := state.OpenBolt(path)
	if err != nil {
		t.Fatal(err)
	}
	err = s.Update(func(tx state.Tx) error {
		return tx.Put("desk", state.TableConversations, []byte("1"), bytes.Repeat([]byte("c"), 8000))
	})
	if err := errors.Join(err, s.Close()); err != nil {
		t.Fatal(err)
	}
	file, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	file[bytes.Index(file, []byte("cccc"))] ^= 1
	write(t, path, string(file))

	end := ended(t, dir)
	if !errors.Is(end, state.ErrDamaged) || !strings.Contains(end.Error(), "Restore the file from a backup") {
		t.Errorf("it ended with %v, want ErrDamaged and what to do", end)
	}
	after, err := os.ReadFile(path)
	if err != nil || !bytes.Equal(file, after) {
		t.Errorf("the ledger was written to: %v", err)
	}
}
