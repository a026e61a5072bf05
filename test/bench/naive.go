package main

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"syscall"
	"time"
)

// refetch is how an exporter without a memory works: each scrape lists all tickets
// anew, 100 a call, and counts them.
func refetch(base string) (map[string]int, error) {
	client := &http.Client{Transport: login(vendorNamed("zendesk").login)}
	open := map[string]int{}
	for next := base + "/api/v2/tickets.json?page[size]=100"; next != ""; {
		resp, err := client.Get(next)
		if err != nil {
			return nil, err
		}
		body, err := io.ReadAll(resp.Body)
		resp.Body.Close()
		if err != nil {
			return nil, err
		}
		var page struct {
			Tickets []struct {
				ID     int64  `json:"id"`
				Status string `json:"status"`
				Group  int64  `json:"group_id"`
			} `json:"tickets"`
			Meta struct {
				More bool `json:"has_more"`
			} `json:"meta"`
			Links struct {
				Next string `json:"next"`
			} `json:"links"`
		}
		if err := json.Unmarshal(body, &page); err != nil {
			return nil, fmt.Errorf("%s answers %.100s: %w", next, body, err)
		}
		for _, t := range page.Tickets {
			open[fmt.Sprintf(`open{status=%q,group="%d"}`, t.Status, t.Group)]++
		}
		if next = ""; page.Meta.More {
			u, err := url.Parse(page.Links.Next)
			if err != nil {
				return nil, err
			}
			next = base + u.RequestURI() // whatever host the simulated helpdesk believes to be
		}
	}
	return open, nil
}

// naiveRow compares an idle round and a scrape with a scrape that fetches all
// tickets again.
func naiveRow(b *bench) error {
	tickets := 5000
	if b.short {
		tickets = 300
	}
	s := serve(vendorNamed("zendesk"), tickets)
	defer s.Close()
	ledger := filepath.Join(b.dir, "naive.db")
	if err := os.RemoveAll(ledger); err != nil {
		return err
	}
	if _, err := spawn("sync", "zendesk", s.URL, ledger); err != nil {
		return err
	}
	ours, err := ask("rounds", "zendesk", s.URL, ledger)
	if err != nil {
		return err
	}
	theirs, err := ask("refetch", s.URL)
	if err != nil {
		return err
	}
	what := fmt.Sprintf("Zendesk with about %s tickets, an idle round and a scrape: ", thousands(tickets))
	const than = "a program that lists all tickets in each scrape"
	b.add(compared("naive", what+"API calls", ours.calls, than, theirs.calls, 1, showCount))
	b.onThis(compared("naive", what+"CPU", ours.cpu, than, theirs.cpu, 1, showTime))
	return nil
}

// asked is what one of several turns of a child took.
type asked struct{ calls, cpu float64 }

// turns is how often children do their work.
const turns = 3

// ask runs a child that does its work several times and says what it took.
func ask(args ...string) (asked, error) {
	out, err := output(args...)
	if err != nil {
		return asked{}, err
	}
	var a asked
	_, err = fmt.Sscan(out, &a.cpu, &a.calls)
	return a, err
}

// tell does something several times and prints the least that one of them took:
// in some of them a sweep goes on, or something falls due. What comes first, and
// is done once, does not count.
func tell(fn func() error) error {
	var cpu time.Duration
	var calls int64
	for turn := range turns {
		begun, before := cpuTime(syscall.RUSAGE_SELF), sent.Load()
		if err := fn(); err != nil {
			return err
		}
		took, asked := cpuTime(syscall.RUSAGE_SELF)-begun, sent.Load()-before
		if turn == 0 || asked < calls || asked == calls && took < cpu {
			cpu, calls = took, asked
		}
	}
	_, err := fmt.Println(int64(cpu), calls)
	return err
}

// rounds does idle rounds of a source that is synced, each with a scrape.
func rounds(v vendor, base, ledger string) error {
	s, err := openSource(v, base, ledger)
	if err != nil {
		return err
	}
	defer s.close()
	s.poller.Round(context.Background()) // with the sweep of a start
	show := scrape(registered(s.engine), formats[0].accept)
	return tell(func() error {
		s.poller.Round(context.Background())
		if err := s.poller.Status().Stuck; err != nil {
			return err
		}
		return show()
	})
}
