package rules

import (
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/helpdesk-exporter/helpdesk_exporter/internal/kpi"
)

// usualWeeks is how many earlier weeks say what is usual at an hour.
const usualWeeks = 4

const usualResponse = "source_channel:helpdesk_response:usual1h"

// usual records the mean response time of this hour in earlier weeks: sum over
// sum. An hour in which facts were learned late tells nothing, as its replies
// are of other hours.
func (s *settings) usual() []Rule {
	sum, count := s.observed(kpi.ResponseSeconds)
	replies := s.earlier(count.increase(hour))
	return []Rule{{
		Record: usualResponse,
		Help:   fmt.Sprintf("The mean response time of this hour of the week in the %d weeks before, in seconds; absent below the minimum of replies.", usualWeeks),
		Expr: text(`
  SUM
/
  (REPLIES >= on (source) group_left () MINIMUM)`, "SUM", s.earlier(sum.increase(hour)), "REPLIES", replies, "MINIMUM", minEvents),
	}}
}

func (s *settings) earlier(name string) string {
	var weeks []string
	for i := 1; i <= usualWeeks; i++ {
		weeks = append(weeks, text(`label_replace(NAME offset AGO unless on (source) LATE offset AGO > 0, "week", "WEEK", "", "")`,
			"NAME", name, "AGO", dur(time.Duration(i)*week), "LATE", s.late().increase(hour), "WEEK", strconv.Itoa(i)))
	}
	return "sum by (source, channel) (\n" + strings.Join(weeks, "\nor\n") + "\n)"
}
