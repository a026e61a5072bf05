// Package sidecar keeps a folder that another program reads as it should be:
// files that the exporter generates for its own configuration, such as the rules
// of a Prometheus, which is then asked to load them.
//
// All of it happens in the background. What fails is logged, shown in metrics
// and on the status page, and tried again; polling and scrapes do not wait.
package sidecar

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"syscall"
	"time"
)

// Pauses between two looks at a folder.
const (
	// lookInterval is for a folder that is as it should be: somebody may have
	// removed a file, or rolled the volume back.
	lookInterval = time.Minute
	firstRetry   = time.Second // after a failure, doubled with each that follows
	lastRetry    = 5 * time.Minute
)

// File is a generated file.
type File struct {
	Name string // in the folder
	Data []byte
}

// Target is a folder and what should be in it.
type Target struct {
	Dir string
	// Files makes the files; it is called in the background, once.
	Files func() ([]File, error)
	// Mark is what the beginning of all generated files holds, and of no others:
	// files with it that are not made any more are removed.
	Mark string
	// Reload is asked with a POST when the files have changed; nil: nobody is.
	Reload *url.URL
	// Transport is for that, see [Transport]; nil: without credentials.
	Transport http.RoundTripper
}

// Status is what became of a target.
type Status struct {
	Dir        string
	WriteError error
	Written    time.Time // when the folder was last seen, or made, as it should be

	Reload        *url.URL
	ReloadError   error
	Reloaded      time.Time // the last success
	Reloads       int
	ReloadsFailed int
}

// Sidecar keeps one folder. Without a target it does nothing.
type Sidecar struct {
	output string
	log    *slog.Logger

	mu     sync.Mutex
	target *Target
	files  []File // of the target, once they are made
	loaded bool   // since the target was set, and since the last change
	status Status
	wake   chan struct{}
}

// New makes a sidecar for an output, "rules" for example. It works while
// [Sidecar.Run] runs.
func New(output string, log *slog.Logger) *Sidecar {
	return &Sidecar{output: output, log: log.With("output", output), wake: make(chan struct{}, 1)}
}

// Set puts a target in force, nil for none. A folder that is left is not
// touched any more. Counts and times of success go on.
func (s *Sidecar) Set(t *Target) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.target, s.files, s.loaded = t, nil, false
	s.status.WriteError, s.status.ReloadError = nil, nil
	s.status.Dir, s.status.Reload = "", nil
	if t != nil {
		s.status.Dir, s.status.Reload = t.Dir, t.Reload
	}
	select {
	case s.wake <- struct{}{}:
	default:
	}
}

// Status returns what became of the target in force; false without one.
func (s *Sidecar) Status() (Status, bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.status, s.target != nil
}

// Run keeps the folder until the context ends.
func (s *Sidecar) Run(ctx context.Context) {
	select {
	case <-s.wake: // the first round is for it
	default:
	}
	retry := firstRetry
	for {
		pause := lookInterval
		if err := s.round(ctx); err != nil && ctx.Err() == nil {
			s.log.Error("sidecar failed: it tries again", "err", err, "in", retry)
			pause, retry = retry, min(2*retry, lastRetry)
		} else {
			retry = firstRetry
		}
		timer := time.NewTimer(pause)
		select {
		case <-ctx.Done():
			timer.Stop()
			return
		case <-s.wake:
			timer.Stop()
			retry = firstRetry
		case <-timer.C:
		}
	}
}

// round makes the folder as it should be, and has it loaded where it changed.
func (s *Sidecar) round(ctx context.Context) error {
	s.mu.Lock()
	t := s.target
	s.mu.Unlock()
	if t == nil {
		return nil
	}
	if err := s.write(t); err != nil || t.Reload == nil {
		return err
	}
	return s.load(ctx, t)
}

// note changes the status, unless another target is in force by now.
func (s *Sidecar) note(t *Target, change func(*Status)) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.target == t {
		change(&s.status)
	}
}

// write makes the files, once, and the folder to hold them.
func (s *Sidecar) write(t *Target) (err error) {
	s.mu.Lock()
	files := s.files
	s.mu.Unlock()
	changed := false
	defer func() {
		s.note(t, func(st *Status) {
			s.files, s.loaded, st.WriteError = files, s.loaded && !changed, err
			if err == nil {
				st.Written = time.Now()
			}
		})
	}()
	if files == nil {
		if files, err = t.Files(); err != nil {
			return fmt.Errorf("make the %s: %w", s.output, err)
		}
	}
	if err := makeFolder(t.Dir); err != nil {
		return fmt.Errorf("write the %s to %s: %w%s", s.output, t.Dir, err, remedy(err))
	}
	written, removed, err := keep(t.Dir, t.Mark, files)
	if changed = len(written)+len(removed) > 0; changed {
		s.log.Info("folder changed", "folder", t.Dir, "written", strings.Join(written, " "), "removed", strings.Join(removed, " "))
	}
	if err != nil {
		return fmt.Errorf("write the %s to %s: %w%s", s.output, t.Dir, err, remedy(err))
	}
	return nil
}

// remedy is what to do about a folder that cannot be written to.
func remedy(err error) string {
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return ": create the folder, for the exporter's user to write to"
	case errors.Is(err, fs.ErrPermission), errors.Is(err, syscall.EROFS):
		return ": let the exporter's user write to the folder"
	}
	return ""
}

// load has the files loaded that were not yet.
func (s *Sidecar) load(ctx context.Context, t *Target) error {
	s.mu.Lock()
	done := s.loaded
	s.mu.Unlock()
	if done || loaded(t.Dir) {
		return nil
	}
	err := s.reload(ctx, t)
	if ctx.Err() != nil {
		return ctx.Err() // the exporter stops: no failure of Prometheus
	}
	s.note(t, func(st *Status) {
		s.loaded, st.ReloadError = err == nil, err
		st.Reloads++
		if err != nil {
			st.ReloadsFailed++
		} else {
			st.Reloaded = time.Now()
		}
	})
	if err != nil {
		return err
	}
	s.log.Info("files loaded", "url", t.Reload.Redacted())
	if err := setLoaded(t.Dir); err != nil {
		s.log.Warn("not remembered that the files are loaded: the next start has them loaded again", "err", err)
	}
	return nil
}
