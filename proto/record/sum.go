package record

import (
	"bytes"
	"compress/zlib"
	"encoding/base64"
	"encoding/binary"
	"fmt"
	"io"

	"github.com/HdrHistogram/hdrhistogram-go"
)

// A Sum is the sum of encoded histograms. It adds their counts without decoding them to histograms, which
// takes a tenth of the time. The zero value is empty. It belongs to one goroutine.
type Sum struct {
	counts []int64
	n      int64
	raw    []byte // decoded from base64
	plain  bytes.Buffer
	source bytes.Reader
	z      io.ReadCloser
}

// The header of V2: a cookie, the length of the counts, a normalizing offset, digits (4 bytes each), lowest
// and highest value and a conversion ratio (8 each). It follows a cookie and the compressed length.
const (
	outerHeader = 8
	innerHeader = 40
	compressed  = 0x1c849304
	cookieV2    = 0x1c849303
	cookieMask  = 0xf0 // the word size, which V2 ignores
	wordSize    = 0x10 // as written
	mostCounts  = indexes * binary.MaxVarintLen64
)

// Add adds a histogram with the geometry of NewHistogram, as Encode returns it, or nothing if the text is
// empty. It returns the number of its values. After an error the sum is as before.
func (s *Sum) Add(text string) (n int64, err error) {
	if text == "" {
		return 0, nil
	}
	counts, err := s.inflate(text)
	if err != nil {
		return 0, err
	}
	if n, err = eachCount(counts, func(int, int64) {}); err != nil || n == 0 {
		return 0, err
	}
	if s.counts == nil {
		s.counts = make([]int64, indexes)
	}
	_, _ = eachCount(counts, func(i int, count int64) { s.counts[i] += count }) // as before
	s.n += n
	return n, nil
}

// inflate returns the encoded counts of a histogram, valid until the next call.
func (s *Sum) inflate(text string) ([]byte, error) {
	var err error
	if s.raw, err = base64.StdEncoding.AppendDecode(s.raw[:0], []byte(text)); err != nil || len(s.raw) < outerHeader {
		return nil, errEncoding
	}
	if head := s.raw[:outerHeader]; binary.BigEndian.Uint32(head)&^cookieMask != compressed || int(binary.BigEndian.Uint32(head[4:])) != len(s.raw)-outerHeader {
		return nil, errEncoding
	}
	s.source.Reset(s.raw[outerHeader:])
	if s.z == nil {
		s.z, err = zlib.NewReader(&s.source)
	} else {
		err = s.z.(zlib.Resetter).Reset(&s.source, nil) // all readers of zlib are
	}
	if err != nil {
		return nil, errEncoding
	}
	s.plain.Reset()
	if _, err := s.plain.ReadFrom(io.LimitReader(s.z, innerHeader+mostCounts+1)); err != nil || s.plain.Len() < innerHeader {
		return nil, errEncoding
	}
	b := s.plain.Bytes()
	word := func(at int) uint32 { return binary.BigEndian.Uint32(b[at:]) }
	if word(0)&^cookieMask != cookieV2 || int(word(4)) != len(b)-innerHeader || word(8) != 0 {
		return nil, errEncoding
	}
	if d, low, high := word(12), binary.BigEndian.Uint64(b[16:]), binary.BigEndian.Uint64(b[24:]); d != digits || low != 1 || high != uint64(Highest) {
		return nil, fmt.Errorf("%w: %d digits from %d to %d", errEncoding, d, low, high)
	}
	return b[innerHeader:], nil
}

// eachCount calls f for each nonzero count with its index, and returns their sum. A negative count stands for
// as many zeros.
func eachCount(b []byte, f func(i int, count int64)) (sum int64, err error) {
	for i := int64(0); len(b) > 0; i++ {
		count, used := binary.Varint(b)
		if used <= 0 || i >= indexes || count < -indexes || count > 1<<48 {
			return 0, errEncoding
		}
		if b = b[used:]; count < 0 {
			i += -count - 1
			continue
		}
		if sum += count; count > 0 {
			f(int(i), count)
		}
	}
	return sum, nil
}

// Count returns the number of values.
func (s *Sum) Count() int64 { return s.n }

// Histogram returns the sum as a new histogram.
func (s *Sum) Histogram() *hdrhistogram.Histogram {
	if s.counts == nil {
		return NewHistogram()
	}
	return histogram(append([]int64(nil), s.counts...))
}
