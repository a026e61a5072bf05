package simulator

import (
	"cmp"
	"encoding/base64"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/helpdesk-exporter/helpdesk_exporter/internal/helpdesk"
)

// zdMostRows is the largest page of a list.
const zdMostRows = 100

func (z *zendesk) perPage(q url.Values) int {
	n, err := strconv.Atoi(q.Get("per_page"))
	if err != nil || n < 1 {
		n = z.o.ExportPage
	}
	return min(n, z.o.ExportPage)
}

// startTime is where an export begins: a minute ago at the latest.
func (z *zendesk) startTime(b *Books, q url.Values) (time.Time, error) {
	n, err := strconv.ParseInt(q.Get("start_time"), 10, 64)
	if err != nil {
		return time.Time{}, zdInvalid(http.StatusBadRequest, "InvalidValue", "start_time is invalid")
	}
	at := time.Unix(n, 0)
	if z.o.Hidden > 0 && at.After(b.Now.Add(-z.o.Hidden)) {
		return time.Time{}, &zdError{http.StatusUnprocessableEntity, object{
			"error": "StartTimeTooRecent", "description": "Too recent start_time. Use a start_time older than 60 seconds",
		}}
	}
	return at, nil
}

// zdPlace is a place in the order of exports: by time, then by id.
type zdPlace struct{ at, id int64 }

func (p zdPlace) compare(q zdPlace) int {
	return cmp.Or(cmp.Compare(p.at, q.at), cmp.Compare(p.id, q.id))
}

func (p zdPlace) String() string {
	return base64.StdEncoding.EncodeToString(fmt.Appendf(nil, "%d.0||%d|", p.at, p.id))
}

func parseZdPlace(s string) (p zdPlace, err error) {
	b, err := base64.StdEncoding.DecodeString(s)
	if err == nil {
		_, err = fmt.Sscanf(string(b), "%d.0||%d|", &p.at, &p.id)
	}
	if err != nil {
		return p, zdInvalid(http.StatusBadRequest, "InvalidCursor", "cursor is invalid")
	}
	return p, nil
}

func (k *zdTicket) place() zdPlace { return zdPlace{k.generated.Unix(), k.t.ID} }

// ticketExport is the export of tickets by a cursor. A ticket of the last minute
// is not shown at all, however old its creation.
func (z *zendesk) ticketExport(b *Books, r *http.Request) (any, error) {
	q := r.URL.Query()
	var after zdPlace
	if cursor := q.Get("cursor"); cursor != "" {
		var err error
		if after, err = parseZdPlace(cursor); err != nil {
			return nil, err
		}
	} else {
		start, err := z.startTime(b, q)
		if err != nil {
			return nil, err
		}
		after = zdPlace{start.Unix(), 0}
	}
	until := b.Now.Add(-max(0, z.o.Hidden))
	var shown []*zdTicket
	for _, k := range z.order {
		if !k.generated.After(until) && k.place().compare(after) > 0 {
			shown = append(shown, k)
		}
	}
	slices.SortFunc(shown, func(x, y *zdTicket) int { return x.place().compare(y.place()) })
	page := object{"after_url": nil, "after_cursor": nil, "before_url": nil, "before_cursor": nil, "end_of_stream": true, "tickets": []object{}}
	if len(shown) == 0 {
		return page, nil // without a cursor
	}
	per := z.perPage(q)
	if page["end_of_stream"] = len(shown) <= per; len(shown) > per {
		shown = shown[:per]
	}
	last := shown[len(shown)-1].place().String()
	page["after_cursor"], page["after_url"] = last, zdURL(r, "/incremental/tickets/cursor.json?cursor="+url.QueryEscape(last))
	page["tickets"] = z.rows(r, shown)
	return page, nil
}

func (z *zendesk) rows(r *http.Request, shown []*zdTicket) []object {
	include := strings.Split(r.URL.Query().Get("include"), ",")
	rows := []object{}
	for _, k := range shown {
		row := k.row(r)
		if slices.Contains(include, "metric_sets") {
			row["metric_set"] = k.metricSet(r)
		}
		if slices.Contains(include, "slas") {
			row["slas"] = object{"policy_metrics": []any{}}
		}
		rows = append(rows, row)
	}
	return rows
}

// row is a ticket as exports and lists have it. What was deleted for good is
// scrubbed.
func (k *zdTicket) row(r *http.Request) object {
	s := &k.state
	subject := k.t.Subject
	if s.Deleted {
		subject = "SCRUBBED"
	}
	tags := []string{}
	if s.MergedInto != 0 {
		tags = append(tags, zdMergeTag)
	}
	fields := []object{{"id": int64(zdForm) + 1, "value": nil}}
	return object{
		"url": zdURL(r, "/tickets/"+number(k.t.ID)+".json"), "id": k.t.ID, "external_id": nil, "encoded_id": "VLZGD5-" + number(k.t.ID),
		"via": zdViaObject(zdChannel(k.t)), "created_at": rtTime(s.Created), "updated_at": rtTime(k.updated), "generated_timestamp": k.generated.Unix(),
		"type": nil, "subject": subject, "raw_subject": subject, "description": subject, "priority": s.Priority, "status": k.status(),
		"recipient": nil, "requester_id": k.t.Customer, "submitter_id": k.submitter(), "assignee_id": zdID(s.Agent), "organization_id": nil,
		"group_id": zdID(s.Team), "collaborator_ids": []int64{}, "follower_ids": []int64{}, "email_cc_ids": []int64{}, "forum_topic_id": nil,
		"problem_id": nil, "has_incidents": false, "is_public": true, "due_at": nil, "tags": tags, "custom_fields": fields, "fields": fields,
		"satisfaction_rating": object{"score": zdScore(&s.Survey)}, "sharing_agreement_ids": []int64{}, "custom_status_id": int64(46406158222353),
		"followup_ids": []int64{}, "ticket_form_id": int64(zdForm), "brand_id": int64(zdBrand), "allow_channelback": false,
		"allow_attachments": true, "from_messaging_channel": zdChannel(k.t) == "native_messaging", "support_type": "agent",
	}
}

// submitter is who wrote the first comment.
func (k *zdTicket) submitter() int64 {
	for _, a := range k.audits {
		for _, p := range a.parts {
			if p.message != nil {
				return zdAuthor(k.t, p.message)
			}
		}
	}
	return k.t.Customer
}

// metricSet is Zendesk's own measuring, in whole minutes.
func (k *zdTicket) metricSet(r *http.Request) object {
	created := k.state.Created
	since := func(t time.Time) object {
		if t.IsZero() {
			return object{"calendar": nil, "business": nil}
		}
		n := int(t.Sub(created) / time.Minute)
		return object{"calendar": n, "business": n}
	}
	full, solved := time.Time{}, any(nil)
	if !k.solved.IsZero() {
		solved = rtTime(k.solved)
	}
	if k.state.Status == helpdesk.StatusClosed {
		full = k.solved
	}
	return object{
		"url": zdURL(r, "/ticket_metrics/"+number(k.t.ID)+".json"), "id": k.t.ID + 1_000_000, "ticket_id": k.t.ID,
		"created_at": rtTime(created), "updated_at": rtTime(k.updated), "group_stations": 1, "assignee_stations": 1,
		"reopens": k.reopens, "replies": k.replies, "solved_at": solved, "status_updated_at": rtTime(k.updated),
		"latest_comment_added_at": rtTime(k.updated), "requester_updated_at": rtTime(k.updated), "custom_status_updated_at": rtTime(k.updated),
		"reply_time_in_minutes": since(k.replied), "first_resolution_time_in_minutes": since(k.first),
		"full_resolution_time_in_minutes": since(full), "agent_wait_time_in_minutes": since(time.Time{}),
		"requester_wait_time_in_minutes": since(time.Time{}), "on_hold_time_in_minutes": object{"calendar": 0, "business": 0},
	}
}

// zdChannels are the channels, and zdWords what the log calls them.
var (
	zdChannels = map[helpdesk.Channel]string{
		helpdesk.ChannelEmail: "email", helpdesk.ChannelContactForm: "web", helpdesk.ChannelHelpCenter: "help_center",
		helpdesk.ChannelAPI: "api", helpdesk.ChannelFacebook: "facebook", helpdesk.ChannelTwitter: "twitter",
		helpdesk.ChannelChat: "native_messaging", helpdesk.ChannelPhone: "voice", helpdesk.ChannelSMS: "sms",
		helpdesk.ChannelWhatsApp: "whatsapp", helpdesk.ChannelInstagramDM: "instagram_dm",
	}
	zdWords = map[string]string{"email": "Mail", "web": "Web form", "api": "Web service", "rule": "Rule", "voice": "Phone call (incoming)"}
)

func zdChannel(t *Ticket) string { return cmp.Or(zdChannels[t.Channel], "any_channel") }

// zdURL is an address as answers have it: with the account's own host, which
// need not be the one that was called.
func zdURL(_ *http.Request, path string) string { return "https://desk.example" + zdRoot + path }
