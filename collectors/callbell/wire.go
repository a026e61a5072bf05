package callbell

import (
	"bytes"
	"encoding/binary"
	"encoding/json"
	"errors"
	"hash/crc32"
	"hash/crc64"
	"strings"

	"github.com/helpdesk-exporter/helpdesk_exporter/internal/lenient"
)

// The types of this file mirror the vendor's JSON, as far as it is read: of the text
// of a message or note only a checksum is, and no name, number or address of a
// customer has a field, so none of it outlives the decoding of a page.
// https://docs.callbell.eu/api/reference/contacts_api/introduction/

// contact is a row of the list of contacts, or a single one.
type contact struct {
	UUID    id    `json:"uuid"`
	Created stamp `json:"createdAt"`
	// Closed is null while the conversation is open. Where the field is missing,
	// nothing is known.
	Closed stamp `json:"closedAt"`
	// Blocked has two spellings: the object reference's, and the release note's.
	Blocked    stamp          `json:"blockedAt"`
	BlockedToo stamp          `json:"blocked_at"`
	Source     text           `json:"source"`
	Channel    maybe[channel] `json:"channel"`
	Assigned   text           `json:"assignedUser"` // the agent's e-mail address
	Team       maybe[team]    `json:"team"`         // {} for none
	Tags       maybe[[]text]  `json:"tags"`
	// Custom is looked into for the one field that the configuration names.
	Custom           json.RawMessage `json:"customFields"`
	Href             text            `json:"href"`
	ConversationHref text            `json:"conversationHref"`
}

// channel is one of the account's numbers or pages.
type channel struct {
	UUID  id   `json:"uuid"`
	Title text `json:"title"`
}

// message is what a customer or the account wrote, or an internal note. Only what
// was sent has an id, nothing has an author.
type message struct {
	UUID    maybe[id] `json:"uuid"`
	Status  text      `json:"status"`
	Created stamp     `json:"createdAt"`
	Text    digest    `json:"text"`
}

type team struct {
	UUID id   `json:"uuid"`
	Name text `json:"name"`
}

// member is an agent in a team, known by the e-mail address.
type member struct {
	Email     text        `json:"email"`
	Name      text        `json:"name"`
	Available maybe[bool] `json:"available"`
	// Updated is when Available last changed; webhooks spell it in another way.
	Updated    stamp `json:"lastUpdatedAt"`
	UpdatedToo stamp `json:"lastUpdateAt"`
}

// body is an answer with a list, under one of these names.
type body struct {
	Contacts maybe[lenient.Rows[contact]] `json:"contacts"`
	Messages maybe[lenient.Rows[message]] `json:"messages"`
	Teams    maybe[lenient.Rows[team]]    `json:"teams"`
	Users    maybe[lenient.Rows[member]]  `json:"users"`
	Meta     maybe[meta]                  `json:"meta"`
}

// row is one of a list: mark appends what tells it from others.
type row interface{ mark(to []byte) []byte }

func (ct contact) mark(to []byte) []byte { return append(to, ct.UUID...) }

func (m message) mark(to []byte) []byte {
	to = append(append(to, m.UUID.V...), m.Status...)
	to = binary.BigEndian.AppendUint64(to, uint64(m.Created.micro()))
	return binary.BigEndian.AppendUint32(to, uint32(m.Text))
}

func (t team) mark(to []byte) []byte { return append(to, t.UUID...) }

func (m member) mark(to []byte) []byte { return append(to, m.Email...) }

// sumOf is a checksum of the rows of a page, which tells it from others. It is 0
// where that is not sure: there are none, or one that can't be read and has no id.
func sumOf[T row](rows lenient.Rows[T]) (sum uint64) {
	var mark []byte
	for i := range rows {
		if bad := rows[i].Bad; bad != nil {
			mark = append(mark[:0], bad.ID...)
		} else {
			mark = rows[i].V.mark(mark[:0])
		}
		if len(mark) == 0 {
			return 0
		}
		sum = crc64.Update(sum, ecma, append(mark, 0))
	}
	return sum
}

// digest is a checksum of a value.
type digest uint32

var (
	castagnoli = crc32.MakeTable(crc32.Castagnoli) // that which processors know
	ecma       = crc64.MakeTable(crc64.ECMA)
)

func (d *digest) UnmarshalJSON(b []byte) error {
	*d = digest(crc32.Checksum(b, castagnoli))
	return nil
}

// meta is where a page stands in its list. Older accounts have no next, and some
// answers no meta at all.
type meta struct {
	Page  maybe[int] `json:"page"`
	Pages maybe[int] `json:"pages"`
	Next  next       `json:"next"`
}

// next is the token of the next page: null after the last.
type next struct {
	token string
	told  bool
}

func (n *next) UnmarshalJSON(b []byte) error {
	t, _ := lenient.Unquote(b)
	*n = next{token: strings.TrimSpace(t), told: true}
	return nil
}

// oneOf reads a value that stands alone in one answer and in an array of one in
// another.
func oneOf(raw json.RawMessage, v any) error {
	raw = bytes.TrimSpace(raw)
	if len(raw) > 0 && raw[0] == '[' {
		var many []json.RawMessage
		if err := lenient.Unmarshal(raw, &many); err != nil {
			return err
		}
		if len(many) == 0 {
			return errors.New("an empty array")
		}
		raw = many[0]
	}
	return lenient.Unmarshal(raw, v)
}
