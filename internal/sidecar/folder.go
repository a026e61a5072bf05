package sidecar

import (
	"bytes"
	"errors"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"
)

// Names of the sidecar's own in a folder. They end so that a pattern such as
// *.yml does not match them.
const (
	tempPattern = ".helpdesk_exporter-*.tmp"
	// loadedName is there while what is in the folder has been loaded. It is
	// removed before anything changes, so that a crash between a change and its
	// loading is noticed.
	loadedName = ".helpdesk_exporter-loaded"
	loadedText = "# What is in this folder has been loaded by the program that reads it.\n"
)

// staleAfter is the age of a temporary file that nobody writes any more.
const staleAfter = time.Hour

// headSize is how much of a file is read to find the mark.
const headSize = 1024

// makeFolder makes a folder that is missing, for everybody to read, in one that
// is there: a path that is wrong from further up on is not made true.
func makeFolder(dir string) error {
	_, missing := os.Stat(dir)
	if !errors.Is(missing, fs.ErrNotExist) {
		return nil // what else is wrong with it, writing will tell
	}
	if os.Mkdir(dir, 0o755) != nil {
		return missing
	}
	return os.Chmod(dir, 0o755) // whatever the umask: Prometheus is another user
}

// keep makes a folder hold the files, and no other file with the mark. Each is
// replaced whole, and only when its content differs. What it did before an
// error is done, and told.
func keep(dir, mark string, files []File) (written, removed []string, err error) {
	var changed []File
	for _, f := range files {
		if old, err := os.ReadFile(filepath.Join(dir, f.Name)); err != nil || !bytes.Equal(old, f.Data) {
			changed = append(changed, f)
		}
	}
	old, err := leftovers(dir, mark, files)
	if err != nil {
		return nil, nil, err
	}
	if len(changed)+len(old) == 0 {
		return nil, nil, nil
	}
	if err := os.Remove(filepath.Join(dir, loadedName)); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return nil, nil, err
	}
	for _, f := range changed {
		if err := replace(dir, f); err != nil {
			return written, nil, err
		}
		written = append(written, f.Name)
	}
	for _, name := range old {
		if err := os.Remove(filepath.Join(dir, name)); err != nil {
			return written, removed, err
		}
		removed = append(removed, name)
	}
	return written, removed, syncDir(dir)
}

// leftovers lists the files with the mark that are not made any more, and
// removes temporary files that a crash left.
func leftovers(dir, mark string, files []File) ([]string, error) {
	entries, err := os.ReadDir(dir)
	if err != nil {
		return nil, err
	}
	var old []string
	for _, e := range entries {
		name := e.Name()
		if !e.Type().IsRegular() || slices.ContainsFunc(files, func(f File) bool { return f.Name == name }) {
			continue
		}
		if ours, _ := filepath.Match(tempPattern, name); ours {
			if info, err := e.Info(); err == nil && time.Since(info.ModTime()) > staleAfter {
				_ = os.Remove(filepath.Join(dir, name)) // nobody reads it; the next round tries again
			}
			continue
		}
		if marked(filepath.Join(dir, name), mark) {
			old = append(old, name)
		}
	}
	return old, nil
}

// marked reports whether a file begins as generated ones do. One that cannot be
// read is somebody else's.
func marked(path, mark string) bool {
	f, err := os.Open(path)
	if err != nil {
		return false
	}
	defer f.Close()
	head, err := io.ReadAll(io.LimitReader(f, headSize))
	return err == nil && strings.Contains(string(head), mark)
}

// replace puts a file in its place whole: a reader sees the old one or the new
// one, also after a loss of power.
func replace(dir string, file File) (err error) {
	f, err := os.CreateTemp(dir, tempPattern)
	if err != nil {
		return err
	}
	defer func() {
		if err != nil {
			err = errors.Join(err, os.Remove(f.Name()))
		}
	}()
	_, err = f.Write(file.Data)
	// For Prometheus to read, which is another user.
	err = errors.Join(err, f.Chmod(0o644), f.Sync(), f.Close())
	if err != nil {
		return err
	}
	return os.Rename(f.Name(), filepath.Join(dir, file.Name))
}

func syncDir(dir string) error {
	d, err := os.Open(dir)
	if err != nil {
		return err
	}
	return errors.Join(d.Sync(), d.Close())
}

func loaded(dir string) bool {
	_, err := os.Stat(filepath.Join(dir, loadedName))
	return err == nil
}

func setLoaded(dir string) error {
	return errors.Join(replace(dir, File{loadedName, []byte(loadedText)}), syncDir(dir))
}
