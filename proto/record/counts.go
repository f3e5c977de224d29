package record

import (
	"encoding/binary"
	"math/bits"

	"github.com/HdrHistogram/hdrhistogram-go"
)

// HdrHistogram's index for the geometry of NewHistogram: values below 2,048 have a
// count each, and each doubling above has 1,024.
const (
	halfBits = 10
	buckets  = 30 // 2048 << 29 is above Highest
	indexes  = (buckets + 1) << halfBits
)

// index is where v, from 0 to Highest, is counted.
func index(v int64) int {
	bucket := bits.Len64(uint64(v)|(2<<halfBits-1)) - (halfBits + 1)
	return bucket<<halfBits + int(v>>bucket)
}

// highest is the highest value that is counted at i.
func highest(i int) int64 {
	bucket := max(i>>halfBits-1, 0)
	return int64(i-bucket<<halfBits+1)<<bucket - 1
}

// counts is a histogram being filled, for a time in which no count reaches 2³². It is
// half as large as HdrHistogram's own, knows which part of it is used, and so costs
// little to add up and to pack.
type counts struct {
	n      *[indexes]uint32
	lo, hi int // the used indexes are in [lo, hi)
}

func newCounts() counts { return counts{n: new([indexes]uint32), lo: indexes} }

// add counts v, or what it is clamped to, and says whether it was.
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

// addTo adds what is counted to a total.
func (c *counts) addTo(total []int64) {
	for i := c.lo; i < c.hi; i++ {
		total[i] += int64(c.n[i])
	}
}

// moveTo adds what is counted to a total and forgets it.
func (c *counts) moveTo(total []int64) {
	c.addTo(total)
	if c.lo < c.hi {
		clear(c.n[c.lo:c.hi])
	}
	c.lo, c.hi = indexes, 0
}

// A packed histogram holds for each index that is used how far it is from the one
// before and its count, as varints; and one by one the indexes of what came later.
type packed struct {
	bytes []byte
	late  []uint16
}

// pack appends c's packed form to dst.
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

// addTo adds what p holds to a total.
func (p *packed) addTo(total []int64) {
	i := 0
	for b := p.bytes; len(b) > 0; {
		step, used := binary.Uvarint(b)
		n, more := binary.Uvarint(b[used:])
		b = b[used+more:]
		i += int(step)
		total[i] += int64(n)
	}
	for _, i := range p.late {
		total[i]++
	}
}

// histogram returns what a total holds as HdrHistogram's.
func histogram(total []int64) *hdrhistogram.Histogram {
	return hdrhistogram.Import(&hdrhistogram.Snapshot{
		LowestTrackableValue: 1, HighestTrackableValue: Highest, SignificantFigures: digits, Counts: total,
	})
}
