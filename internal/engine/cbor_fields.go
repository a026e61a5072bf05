package engine

import (
	"github.com/helpdesk-exporter/helpdesk_exporter/internal/helpdesk"
	"github.com/helpdesk-exporter/helpdesk_exporter/internal/kpi"
)

func (r *reader) row(to *kpi.Row) {
	r.fields(func(key uint64) {
		switch key {
		case 1:
			to.Created = r.num()
		case 2:
			to.Updated = r.num()
		case 3:
			to.Closed = r.num()
		case 4:
			to.ExcludedAt = r.num()
		case 5:
			to.Status = helpdesk.Status(r.small())
		case 6:
			to.Excluded = helpdesk.Exclusion(r.small())
		case 7:
			to.Automated = r.flag()
		case 8:
			to.Messages = int(r.num())
		case 9:
			to.Agent = r.str()
		case 10:
			to.URL = r.str()
		case 11:
			to.Channel = helpdesk.Channel(r.str())
		case 12:
			to.Team = r.str()
		case 13:
			to.Priority = r.str()
		case 14:
			to.Brand = r.str()
		case 15:
			to.Inbox = r.str()
		case 16:
			to.Language = r.str()
		case 17:
			r.due(&to.Due)
		default:
			r.odd = true
		}
	})
}

func (r *reader) due(to *kpi.Due) {
	r.fields(func(key uint64) {
		switch key {
		case 1:
			to.FirstResponse = r.num()
		case 2:
			to.NextResponse = r.num()
		case 3:
			to.Resolution = r.num()
		default:
			r.odd = true
		}
	})
}

func (r *reader) item(to *kpi.Item) {
	r.fields(func(key uint64) {
		switch key {
		case 1:
			to.Kind = kpi.ItemKind(r.small())
		case 2:
			to.ID = r.str()
		case 3:
			to.At = r.num()
		case 4:
			to.Lane = helpdesk.Lane(r.small())
		case 5:
			to.Seq = r.of(cborUint)
		case 6:
			to.Agent = r.str()
		case 7:
			to.Marks = r.marks()
		case 8:
			to.Author = helpdesk.Author(r.small())
		case 9:
			to.Public = r.flag()
		case 10:
			to.Undelivered = r.flag()
		case 11:
			to.Change = helpdesk.Change(r.small())
		case 12:
			to.To = helpdesk.Status(r.small())
		case 13:
			to.Excluded = helpdesk.Exclusion(r.small())
		case 14:
			to.By = helpdesk.Actor(r.small())
		case 15:
			to.Cause = r.str()
		case 16:
			to.Assumed = r.flag()
		case 17:
			to.Holder = helpdesk.Holder(r.small())
		case 18:
			to.Label = helpdesk.LabelName(r.small())
		case 19:
			to.From = r.str()
		case 20:
			to.Value = r.str()
		case 21:
			to.Moved = r.flag()
		default:
			r.odd = true
		}
	})
}

func (r *reader) rating(to *kpi.Rating) {
	r.fields(func(key uint64) {
		switch key {
		case 1:
			to.ID = r.str()
		case 2:
			to.Sent = r.num()
		case 3:
			to.Scored = r.num()
		case 4:
			to.Score = int(r.num())
		case 5:
			to.Marks = r.marks()
		default:
			r.odd = true
		}
	})
}

func (r *reader) reach(to *reach) {
	r.fields(func(key uint64) {
		switch key {
		case 1:
			to.Mark = r.num()
		case 2:
			to.Now = r.num()
		default:
			r.odd = true
		}
	})
}
