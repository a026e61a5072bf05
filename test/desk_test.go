//go:build requesttracker

package e2e

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"mime/multipart"
	"net/http"
	"strings"
	"sync/atomic"
	"time"
)

// secretWord is in every customer's address, subject and text: nothing of the
// exporter's may ever hold it.
const secretWord = "zebrafish"

// desk is a Request Tracker as customers and agents use it.
type desk struct {
	url  string
	db   database
	mail atomic.Int64 // numbers the mails, so that each has a subject of its own
}

// writes is a customer's first mail. It returns the new ticket's number.
func (d *desk) writes(ctx context.Context, queue, customer string) (int, error) {
	subject := fmt.Sprintf("%s question %d", secretWord, d.mail.Add(1))
	if err := d.send(ctx, queue, customer, subject); err != nil {
		return 0, err
	}
	return d.db.ticketBySubject(ctx, subject)
}

// writesAgain is a mail to a ticket that exists, from its customer or another.
func (d *desk) writesAgain(ctx context.Context, ticket int, customer string) error {
	return d.send(ctx, "General", customer, fmt.Sprintf("Re: [example.test #%d] %s %d", ticket, secretWord, d.mail.Add(1)))
}

func (d *desk) send(ctx context.Context, queue, customer, subject string) error {
	message := strings.Join([]string{
		"From: " + customer, "To: rt@example.test", "Subject: " + subject,
		fmt.Sprintf("Message-ID: <%d.%d@customer.test>", d.mail.Add(1), time.Now().UnixNano()),
		"MIME-Version: 1.0", "Content-Type: text/plain; charset=utf-8", "", "The " + secretWord + " does not work.", "",
	}, "\n")
	var body bytes.Buffer
	form := multipart.NewWriter(&body)
	for _, field := range [][2]string{{"SessionType", "REST"}, {"queue", queue}, {"action", "correspond"}, {"message", message}} {
		if err := form.WriteField(field[0], field[1]); err != nil {
			return err
		}
	}
	if err := form.Close(); err != nil {
		return err
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, d.url+"/REST/1.0/NoAuth/mail-gateway", &body)
	if err != nil {
		return err
	}
	req.Header.Set("Content-Type", form.FormDataContentType())
	answer, err := do(req)
	if err != nil {
		return fmt.Errorf("mail to %s: %w", queue, err)
	}
	if !strings.HasPrefix(strings.TrimSpace(answer), "ok") {
		return fmt.Errorf("mail to %s: the gateway says %q", queue, answer)
	}
	return nil
}

// work is what an agent does to a ticket: alice and bob, or root.
func (d *desk) work(ctx context.Context, agent, method, path string, body map[string]any) (string, error) {
	var payload []byte
	if body != nil {
		var err error
		if payload, err = json.Marshal(body); err != nil {
			return "", err
		}
	}
	req, err := http.NewRequestWithContext(ctx, method, d.url+"/REST/2.0"+path, bytes.NewReader(payload))
	if err != nil {
		return "", err
	}
	req.SetBasicAuth(agent, agent+"-password")
	req.Header.Set("Content-Type", "application/json")
	answer, err := do(req)
	if err != nil {
		return "", fmt.Errorf("%s: %s %s: %w", agent, method, path, err)
	}
	return answer, nil
}

// do sends a request and returns the answer's body.
func do(req *http.Request) (string, error) {
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		return "", err
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	if err != nil {
		return "", err
	}
	if resp.StatusCode >= 300 {
		return "", fmt.Errorf("status %d: %s", resp.StatusCode, bytes.TrimSpace(body))
	}
	return string(body), nil
}

// pause waits in real time, as the desk does.
func pause(ctx context.Context, d time.Duration) error {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}
