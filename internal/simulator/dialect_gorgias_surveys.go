package simulator

import (
	"fmt"
	"net/http"
	"time"
)

// surveyObject is a survey. It has no stamp of its last change: a score appears
// in it days later, and only the event tells.
func surveyObject(t shown) object {
	v := t.s.Survey
	o := object{
		"id": v.ID, "body_text": nil, "created_datetime": stamp(v.Made), "customer_id": t.t.Customer, "meta": nil, "score": nil,
		"scored_datetime": stamp(v.Scored), "sent_datetime": stamp(v.Sent), "should_send_datetime": stamp(v.Send),
		"ticket_id": t.t.ID, "uri": fmt.Sprintf("/api/satisfaction-surveys/%d/", v.ID),
	}
	if v.Score != 0 {
		o["score"] = v.Score
		o["body_text"] = plantedText + " thank you"
	}
	return o
}

func (g *gorgias) surveys(b *Books, r *http.Request) (any, error) {
	req, err := listRequest(r.URL.Query(), "created_datetime")
	if err != nil {
		return nil, err
	}
	var surveyed []shown
	for _, t := range g.shownTickets(b) {
		if t.s.Survey.ID != 0 {
			surveyed = append(surveyed, t)
		}
	}
	made := func(t shown) time.Time { return t.s.Survey.Made }
	l := ticketListing(b, surveyed, made, func(_ *Books, t shown) object { return surveyObject(t) })
	rows, prev, next := l.page(req)
	return list(r, rows, prev, next, false), nil
}

func (g *gorgias) survey(b *Books, r *http.Request) (any, error) {
	id, err := pathID(r)
	if err != nil {
		return nil, err
	}
	for _, t := range g.shownTickets(b) {
		if t.s.Survey.ID == id {
			return surveyObject(t), nil
		}
	}
	return nil, errNotFound
}
