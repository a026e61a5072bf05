package engine

import (
	"cmp"
	"maps"
	"slices"

	"github.com/prometheus/client_golang/prometheus"
	dto "github.com/prometheus/client_model/go"
	"google.golang.org/protobuf/proto"

	"github.com/helpdesk-exporter/helpdesk_exporter/internal/helpdesk"
	"github.com/helpdesk-exporter/helpdesk_exporter/internal/kpi"
)

// descs are the descriptions of the engine's families for one list of extra
// labels.
type descs struct {
	dims  []helpdesk.LabelName
	descs map[*kpi.Family]*prometheus.Desc
	names map[*kpi.Family][]string
	order map[*kpi.Family][]int // of the sorted label names
}

func newDescs(dims []helpdesk.LabelName) descs {
	d := descs{
		dims: dims, descs: map[*kpi.Family]*prometheus.Desc{},
		names: map[*kpi.Family][]string{}, order: map[*kpi.Family][]int{},
	}
	for _, f := range slices.Concat(kpi.FactFamilies, kpi.LiveFamilies, kpi.SourceFamilies) {
		names := LabelNames(f, dims)
		order := make([]int, len(names))
		for i := range order {
			order[i] = i
		}
		slices.SortFunc(order, func(a, b int) int { return cmp.Compare(names[a], names[b]) })
		d.names[f], d.order[f] = names, order
		d.descs[f] = prometheus.NewDesc(f.Name, f.Help, names, nil)
	}
	return d
}

func (d descs) of(f *kpi.Family) *prometheus.Desc { return d.descs[f] }

// LabelNames are the labels of a family: the base labels of its scope, its own,
// and the arrival.
func LabelNames(f *kpi.Family, dims []helpdesk.LabelName) []string {
	var names []string
	switch f.Scope {
	case kpi.ScopeConversation:
		names = append(names, "source", "channel")
		for _, l := range dims {
			names = append(names, l.String())
		}
	case kpi.ScopeSource:
		names = append(names, "source")
	case kpi.ScopeAgent:
		names = append(names, "source", "agent")
	}
	for _, l := range f.Extra {
		names = append(names, l.Name)
	}
	if f.Arrival {
		names = append(names, "arrival")
	}
	return names
}

// pairs are the label pairs of a series, sorted by name as a scrape wants them.
func (d descs) pairs(f *kpi.Family, source string, values []string) []*dto.LabelPair {
	names := d.names[f]
	pairs := make([]*dto.LabelPair, 0, len(names))
	for _, i := range d.order[f] {
		v := source
		if i > 0 {
			v = values[i-1]
		}
		pairs = append(pairs, &dto.LabelPair{Name: proto.String(names[i]), Value: proto.String(v)})
	}
	return pairs
}

func sortedKeys[K interface{ ~string | ~float64 }, V any](m map[K]V) []K {
	return slices.Sorted(maps.Keys(m))
}
