package engine

import (
	"math"
	"slices"
	"sort"

	dto "github.com/prometheus/client_model/go"
	"google.golang.org/protobuf/proto"
)

// The native buckets: schema 3 grows by 2^(1/8), so a quantile is within 4.5 %
// of the truth; all durations of a support desk fit into about 200 buckets.
const (
	nativeSchema        = 3
	nativeZeroThreshold = 1e-3 // a millisecond: faster is instant
)

// histogram is a classic and a native histogram of the same observations.
type histogram struct {
	Bounds []float64        `cbor:"1,keyasint"`
	Counts []uint64         `cbor:"2,keyasint"` // by bound, not cumulative; the last is +Inf
	Sum    float64          `cbor:"3,keyasint"`
	Zero   uint64           `cbor:"4,keyasint,omitempty"`
	Native map[int32]uint64 `cbor:"5,keyasint,omitempty"`

	exemplars []*dto.Exemplar // by classic bucket, the newest each; not durable
}

func newHistogram(bounds []float64) *histogram {
	return &histogram{Bounds: bounds, Counts: make([]uint64, len(bounds)+1), Native: map[int32]uint64{}}
}

func (h *histogram) clone() *histogram {
	c := *h
	c.Counts = slices.Clone(h.Counts)
	c.Native = make(map[int32]uint64, len(h.Native))
	for k, v := range h.Native {
		c.Native[k] = v
	}
	c.exemplars = slices.Clone(h.exemplars)
	return &c
}

func (h *histogram) observe(v float64, ex *dto.Exemplar) {
	i := sort.SearchFloat64s(h.Bounds, v)
	h.Counts[i]++
	h.Sum += v
	if v <= nativeZeroThreshold {
		h.Zero++
	} else {
		h.Native[nativeBucket(v)]++
	}
	if ex == nil {
		return
	}
	if h.exemplars == nil {
		h.exemplars = make([]*dto.Exemplar, len(h.Counts))
	}
	h.exemplars[i] = ex
}

func (h *histogram) count() uint64 {
	var n uint64
	for _, c := range h.Counts {
		n += c
	}
	return n
}

var nativeBounds = func() []float64 {
	b := make([]float64, 1<<nativeSchema)
	for i := range b {
		b[i] = 0.5 * math.Exp2(float64(i)/float64(len(b)))
	}
	return b
}()

// nativeBucket is the index of the bucket whose upper bound is the least power
// of 2^(2^-schema) that is not below v.
func nativeBucket(v float64) int32 {
	frac, exp := math.Frexp(v)
	return int32(sort.SearchFloat64s(nativeBounds, frac) + (exp-1)*len(nativeBounds))
}

// write fills in both kinds of buckets.
func (h *histogram) write(out *dto.Histogram) {
	n := h.count()
	out.SampleCount, out.SampleSum = proto.Uint64(n), proto.Float64(h.Sum)
	out.Bucket = make([]*dto.Bucket, len(h.Bounds), len(h.Counts))
	var cumulative uint64
	for i, bound := range h.Bounds {
		cumulative += h.Counts[i]
		out.Bucket[i] = &dto.Bucket{UpperBound: proto.Float64(bound), CumulativeCount: proto.Uint64(cumulative)}
		if h.exemplars != nil {
			out.Bucket[i].Exemplar = h.exemplars[i]
		}
	}
	if h.exemplars != nil && h.exemplars[len(h.Bounds)] != nil {
		out.Bucket = append(out.Bucket, &dto.Bucket{
			UpperBound: proto.Float64(math.Inf(1)), CumulativeCount: proto.Uint64(n), Exemplar: h.exemplars[len(h.Bounds)],
		})
	}
	h.writeNative(out)
}

func (h *histogram) writeNative(out *dto.Histogram) {
	out.Schema = proto.Int32(nativeSchema)
	out.ZeroThreshold = proto.Float64(nativeZeroThreshold)
	out.ZeroCount = proto.Uint64(h.Zero)
	keys := make([]int32, 0, len(h.Native))
	for k := range h.Native {
		keys = append(keys, k)
	}
	slices.Sort(keys)
	var previous int64
	for i, k := range keys {
		if i == 0 || k != keys[i-1]+1 {
			offset := k
			if i > 0 {
				offset = k - keys[i-1] - 1
			}
			out.PositiveSpan = append(out.PositiveSpan, &dto.BucketSpan{Offset: proto.Int32(offset), Length: proto.Uint32(0)})
		}
		*out.PositiveSpan[len(out.PositiveSpan)-1].Length++
		out.PositiveDelta = append(out.PositiveDelta, int64(h.Native[k])-previous)
		previous = int64(h.Native[k])
	}
	if len(keys) == 0 {
		// A span of length 0 tells an empty native histogram from a classic one.
		out.PositiveSpan = []*dto.BucketSpan{{Offset: proto.Int32(0), Length: proto.Uint32(0)}}
	}
	for _, ex := range h.exemplars {
		if ex != nil {
			out.Exemplars = append(out.Exemplars, ex)
		}
	}
}
