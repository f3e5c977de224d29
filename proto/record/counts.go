package record

import (
	"encoding/binary"
	"math/bits"

	"github.com/HdrHistogram/hdrhistogram-go"
)

// HdrHistogram's index for the geometry of NewHistogram: each value below 2,048 has its
// own count, and each doubling above has 1,024.
const (
	halfBits = 10
	buckets  = 30 // 2048 << 29 is above Highest
	indexes  = (buckets + 1) << halfBits
)

// index returns the index of v, which is in [0, Highest].
func index(v int64) int {
	bucket := bits.Len64(uint64(v)|(2<<halfBits-1)) - (halfBits + 1)
	return bucket<<halfBits + int(v>>bucket)
}

// highest returns the highest value counted at index i.
func highest(i int) int64 {
	bucket := max(i>>halfBits-1, 0)
	return int64(i-bucket<<halfBits+1)<<bucket - 1
}

// counts is a histogram being filled, for a period in which no count reaches 2³². It is
// half the size of HdrHistogram's and tracks the range in use, which makes it cheap to
// add and pack.
type counts struct {
	n      *[indexes]uint32
	lo, hi int // indexes in use: [lo, hi)
}

func newCounts() counts { return counts{n: new([indexes]uint32), lo: indexes} }

// add counts v, clamped to [0, Highest], and returns 1 if it was clamped, else 0.
func (c *counts) add(v int64) (clamped uint64) {
	if uint64(v) > uint64(Highest) {
		v, clamped = min(max(v, 0), Highest), 1
	}
	i := index(v)
	c.n[i]++
	if i < c.lo {
		c.lo = i
	}
	if i >= c.hi {
		c.hi = i + 1
	}
	return clamped
}

// A sums is a histogram of many periods, with the range in use.
type sums struct {
	n      []int64
	lo, hi int // indexes in use: [lo, hi)
}

func newSums() sums { return sums{n: make([]int64, indexes), lo: indexes} }

// includes extends the range in use.
func (s *sums) includes(lo, hi int) { s.lo, s.hi = min(s.lo, lo), max(s.hi, hi) }

// copyTo makes dst a copy of s.
func (s *sums) copyTo(dst *sums) {
	dst.reset()
	if s.lo < s.hi {
		copy(dst.n[s.lo:s.hi], s.n[s.lo:s.hi])
	}
	dst.lo, dst.hi = s.lo, s.hi
}

func (s *sums) reset() {
	if s.lo < s.hi {
		clear(s.n[s.lo:s.hi])
	}
	s.lo, s.hi = indexes, 0
}

// recordIn replaces the contents of h.
func (s *sums) recordIn(h *hdrhistogram.Histogram) {
	h.Reset()
	for i := s.lo; i < s.hi; i++ {
		if s.n[i] > 0 {
			_ = h.RecordValues(highest(i), s.n[i]) // every index is in range
		}
	}
}

// addTo adds the counts to total.
func (c *counts) addTo(total []int64) {
	for i := c.lo; i < c.hi; i++ {
		total[i] += int64(c.n[i])
	}
}

// sumIn adds the counts to total.
func (c *counts) sumIn(total *sums) {
	c.addTo(total.n)
	total.includes(c.lo, c.hi)
}

// moveTo adds the counts to total and resets them.
func (c *counts) moveTo(total *sums) {
	c.sumIn(total)
	if c.lo < c.hi {
		clear(c.n[c.lo:c.hi])
	}
	c.lo, c.hi = indexes, 0
}

// A packed histogram holds the distance to the previous index and the count of each
// nonzero index as varints, and a list of indexes added later.
type packed struct {
	bytes []byte
	late  []uint16
}

// pack appends the packed form of c to dst.
func (c *counts) pack(dst []byte) []byte {
	last := 0
	for i := c.lo; i < c.hi; i++ {
		if n := c.n[i]; n > 0 {
			dst = binary.AppendUvarint(dst, uint64(i-last))
			dst = binary.AppendUvarint(dst, uint64(n))
			last = i
		}
	}
	return dst
}

// each calls add with each index in use and a count at it.
func (p *packed) each(add func(i int, n int64)) {
	i := 0
	for b := p.bytes; len(b) > 0; {
		step, used := binary.Uvarint(b)
		n, more := binary.Uvarint(b[used:])
		b = b[used+more:]
		i += int(step)
		add(i, int64(n))
	}
	for _, i := range p.late {
		add(int(i), 1)
	}
}

// addTo adds the counts to total.
func (p *packed) addTo(total []int64) { p.each(func(i int, n int64) { total[i] += n }) }

// histogram converts total to an HdrHistogram.
func histogram(total []int64) *hdrhistogram.Histogram {
	return hdrhistogram.Import(&hdrhistogram.Snapshot{
		LowestTrackableValue: 1, HighestTrackableValue: Highest, SignificantFigures: digits, Counts: total,
	})
}
