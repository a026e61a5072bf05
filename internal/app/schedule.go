package app

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"regexp"
	"strings"
	"time"

	"gopkg.in/yaml.v3"

	"github.com/helpdesk-exporter/helpdesk_exporter/collectors"
	"github.com/helpdesk-exporter/helpdesk_exporter/internal/helpdesk"
	"github.com/helpdesk-exporter/helpdesk_exporter/internal/kpi"
)

// Schedule reads the business hours that a source's helpdesk holds, and writes
// them as the key schedules of a configuration has them. It changes nothing.
func Schedule(ctx context.Context, w io.Writer, file, source string) error {
	_, src, err := load(file, source)
	if err != nil {
		return err
	}
	conn, err := collectors.Connect(src, nil, userAgent())
	if err != nil {
		return err
	}
	defer conn.Client.Close()
	hours, ok := conn.Collector.(helpdesk.ScheduleSource)
	if !ok {
		return fmt.Errorf("source %s: %s has no business hours that can be read: write them into schedules by hand", source, src.Vendor)
	}
	schedules, err := hours.Schedules(ctx)
	if err != nil {
		return fmt.Errorf("source %s: read business hours: %w", source, err)
	}
	if len(schedules) == 0 {
		return fmt.Errorf("source %s has no business hours", source)
	}
	return writeSchedules(w, schedules)
}

// scheduleDoc is a schedule in a configuration.
type scheduleDoc struct {
	Name     string    `yaml:"name"`
	Timezone string    `yaml:"timezone"`
	Weekly   yaml.Node `yaml:"weekly"`
	Holidays []string  `yaml:"holidays,omitempty,flow"`
}

// writeSchedules writes those that a configuration can hold; its error names the
// others.
func writeSchedules(w io.Writer, schedules []helpdesk.Schedule) error {
	var doc struct {
		Schedules []scheduleDoc `yaml:"schedules"`
	}
	var errs []error
	taken := map[string]bool{}
	for i, s := range schedules {
		if err := usable(s); err != nil {
			errs = append(errs, fmt.Errorf("business hours %q cannot be used as they are: %w", s.Name, err))
			continue
		}
		name := scheduleName(s.Name, i, taken)
		doc.Schedules = append(doc.Schedules, scheduleDoc{Name: name, Timezone: s.Timezone, Weekly: weekly(s.Weekly), Holidays: s.Holidays})
	}
	if len(doc.Schedules) > 0 {
		e := yaml.NewEncoder(w)
		e.SetIndent(2)
		errs = append(errs, e.Encode(doc))
	}
	return errors.Join(errs...)
}

// usable says why a schedule would be refused in a configuration.
func usable(s helpdesk.Schedule) error {
	spec := kpi.Spec{Name: s.Name, Timezone: s.Timezone, Weekly: map[time.Weekday][]kpi.Interval{}}
	for d, spans := range s.Weekly {
		for _, h := range spans {
			spec.Weekly[time.Weekday(d)] = append(spec.Weekly[time.Weekday(d)], kpi.Interval{From: h.From, To: h.Till})
		}
	}
	for _, day := range s.Holidays {
		date, err := kpi.ParseDate(day)
		if err != nil {
			return err
		}
		spec.Holidays = append(spec.Holidays, date)
	}
	_, err := kpi.NewSchedule(spec)
	return err
}

var notInNames = regexp.MustCompile(`[^A-Za-z0-9_.]+`)

// scheduleName makes a name of a configuration of the helpdesk's, a new one each time.
func scheduleName(name string, i int, taken map[string]bool) string {
	base := strings.Trim(notInNames.ReplaceAllString(strings.ToLower(name), "-"), "-")
	base = cmp.Or(base[:min(len(base), 60)], fmt.Sprintf("hours-%d", i+1))
	name = base
	for n := 2; taken[name]; n++ {
		name = fmt.Sprintf("%s-%d", base, n)
	}
	taken[name] = true
	return name
}

// weekly writes the open days from Monday on; neighbours with the same hours are
// one range.
func weekly(week [7][]helpdesk.Hours) yaml.Node {
	days := [7]string{"sun", "mon", "tue", "wed", "thu", "fri", "sat"}
	node := yaml.Node{Kind: yaml.MappingNode}
	for i := 0; i < 7; {
		first := time.Weekday((i + 1) % 7)
		hours := hoursText(week[first])
		last := first
		for i++; i < 7 && hoursText(week[(i+1)%7]) == hours; i++ {
			last = time.Weekday((i + 1) % 7)
		}
		if hours == "" {
			continue
		}
		key := days[first]
		if last != first {
			key += "-" + days[last]
		}
		list := &yaml.Node{Kind: yaml.SequenceNode, Style: yaml.FlowStyle}
		for _, text := range strings.Split(hours, " ") {
			list.Content = append(list.Content, &yaml.Node{Kind: yaml.ScalarNode, Value: text, Style: yaml.DoubleQuotedStyle})
		}
		node.Content = append(node.Content, &yaml.Node{Kind: yaml.ScalarNode, Value: key}, list)
	}
	return node
}

func hoursText(spans []helpdesk.Hours) string {
	texts := make([]string, len(spans))
	for i, h := range spans {
		texts[i] = kpi.Interval{From: h.From, To: h.Till}.String()
	}
	return strings.Join(texts, " ")
}
