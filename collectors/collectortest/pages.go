package collectortest

import (
	"context"
	"regexp"
	"slices"
	"testing"
	"time"

	"github.com/helpdesk-exporter/helpdesk_exporter/internal/helpdesk"
	"github.com/helpdesk-exporter/helpdesk_exporter/internal/kpi"
	"github.com/helpdesk-exporter/helpdesk_exporter/internal/lenient"
	"github.com/helpdesk-exporter/helpdesk_exporter/internal/rest"
)

// Failure is the error of a client for the status of an answer.
func Failure(r rest.Request, code int) error {
	return &rest.Error{Reason: rest.StatusReason(code), Endpoint: r.Endpoint, Code: code}
}

// pagesOfAWalk is more than the walks of the tests have: a walk beyond it has no
// end.
const pagesOfAWalk = 500

// Walk reads a stream to the end of one walk and returns all of its pages, and
// the cursor that the next one begins with.
func Walk(t *testing.T, c interface {
	Read(context.Context, helpdesk.Stream, helpdesk.Walk) (helpdesk.Page, error)
}, s helpdesk.Stream, w helpdesk.Walk) ([]helpdesk.Page, []byte) {
	t.Helper()
	var pages []helpdesk.Page
	for {
		p, err := c.Read(t.Context(), s, w)
		if err != nil {
			t.Fatalf("page %d of %s: %v", len(pages)+1, s, err)
		}
		pages = append(pages, p)
		if len(pages) > pagesOfAWalk {
			t.Fatalf("the walk over %s does not end", s)
		}
		w.Cursor = p.Cursor
		if p.Done {
			return pages, p.Cursor
		}
	}
}

// IDs are those of the records of pages, sorted, each once.
func IDs(pages []helpdesk.Page) []string {
	var all []string
	for _, p := range pages {
		for _, r := range p.Records {
			all = append(all, IDOf(r))
		}
	}
	slices.Sort(all)
	return slices.Compact(all)
}

// IDOf is a record's id.
func IDOf(r helpdesk.Record) string {
	switch v := r.(type) {
	case helpdesk.Conversation:
		return v.ID
	case helpdesk.Message:
		return v.ID
	case helpdesk.StatusChange:
		return v.ID
	case helpdesk.Assignment:
		return v.ID
	case helpdesk.Relabel:
		return v.ID
	case helpdesk.Rating:
		return v.ID
	case helpdesk.Agent:
		return v.ID
	case helpdesk.Team:
		return v.ID
	default:
		return "?"
	}
}

// times are those of a record.
func times(r helpdesk.Record) []time.Time {
	switch v := r.(type) {
	case helpdesk.Conversation:
		return []time.Time{v.Created, v.Updated, v.Closed, v.ExcludedAt, v.Due.FirstResponse, v.Due.NextResponse, v.Due.Resolution}
	case helpdesk.Message:
		return []time.Time{v.At}
	case helpdesk.StatusChange:
		return []time.Time{v.At}
	case helpdesk.Assignment:
		return []time.Time{v.At}
	case helpdesk.Relabel:
		return []time.Time{v.At}
	case helpdesk.Rating:
		return []time.Time{v.Sent, v.Scored}
	case helpdesk.Agent:
		return []time.Time{v.Since}
	default:
		return nil
	}
}

// CheckRecord holds a record of any JSON to what every record has: an id that is
// safe as a label, a time that the ledger keeps, a conversation, and words of the product.
func CheckRecord(t *testing.T, r helpdesk.Record) {
	t.Helper()
	if v := IDOf(r); v == "" || !lenient.IsWord(v) {
		t.Errorf("id %q of %T", v, r)
	}
	complete := true
	dated := func(k helpdesk.Key, conversation string) bool { return !k.At.IsZero() && conversation != "" }
	switch v := r.(type) {
	case helpdesk.Conversation:
		complete = !v.Created.IsZero() && v.Status != 0 && helpdesk.KnownChannel(v.Labels.Channel) &&
			(v.Status == helpdesk.StatusExcluded) == (v.Excluded != 0)
	case helpdesk.Message:
		complete = dated(v.Key, v.Conversation) && v.Author != 0
	case helpdesk.StatusChange:
		complete = dated(v.Key, v.Conversation) && v.Change != 0
	case helpdesk.Assignment:
		complete = dated(v.Key, v.Conversation)
	case helpdesk.Relabel:
		complete = dated(v.Key, v.Conversation)
	case helpdesk.Rating:
		complete = v.Conversation != "" && (v.Score == 0) == v.Scored.IsZero() && v.Score >= 0 && v.Score <= 5
	}
	if !complete {
		t.Errorf("%+v lacks something", r)
	}
	CheckTimes(t, r)
}

// CheckTimes holds a record to times that the ledger keeps.
func CheckTimes(t *testing.T, r helpdesk.Record) {
	t.Helper()
	for _, at := range times(r) {
		if !at.IsZero() && !kpi.Time(kpi.Instant(at)).Equal(at) {
			t.Errorf("%s is not kept by the ledger: %+v", at, r)
		}
	}
}

// In2600 is an answer that tells of another century: for the seeds of fuzz tests.
func In2600(answer []byte) []byte {
	return regexp.MustCompile(`\b20[0-9][0-9]-`).ReplaceAll(answer, []byte("2600-"))
}
