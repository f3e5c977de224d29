package framing

import (
	"bytes"
	"compress/gzip"
	"errors"
	"io"
	"slices"
	"sync"
)

// Compressors are shared by all calls, since one takes up to 1 MB.
var (
	gzipWriters = sync.Pool{New: func() any { return new(gzipWriter) }}
	gzipReaders = sync.Pool{New: func() any { return new(gzipReader) }}
)

type gzipWriter struct {
	gzip *gzip.Writer
	out  appender
	wrap []byte
}

// appendGZIP appends message p, compressed; wrapped puts it into a Message first.
func appendGZIP(dst, p []byte, wrapped bool) []byte {
	w := gzipWriters.Get().(*gzipWriter)
	defer gzipWriters.Put(w)
	if wrapped {
		w.wrap = AppendBenchMessage(w.wrap[:0], p)
		p = w.wrap
	}
	w.out = dst
	if w.gzip == nil {
		w.gzip = gzip.NewWriter(&w.out)
	} else {
		w.gzip.Reset(&w.out)
	}
	_, _ = w.gzip.Write(p) // to a buffer: cannot fail
	_ = w.gzip.Close()
	dst, w.out = w.out, nil
	return dst
}

type gzipReader struct {
	gzip gzip.Reader
	in   bytes.Reader
}

// appendPlain appends compressed message p, of at most limit bytes.
func appendPlain(dst, p []byte, limit int) ([]byte, error) {
	r := gzipReaders.Get().(*gzipReader)
	defer gzipReaders.Put(r)
	r.in.Reset(p)
	if err := r.gzip.Reset(&r.in); err != nil {
		return dst, errGZIP
	}
	for {
		dst = slices.Grow(dst, minGrowth)
		n, err := r.gzip.Read(dst[len(dst):cap(dst)])
		dst = dst[:len(dst)+n]
		switch {
		case len(dst) > limit:
			return dst, TooLong(limit)
		case errors.Is(err, io.EOF):
			return dst, nil
		case err != nil:
			return dst, errGZIP
		}
	}
}

// minGrowth is the free space in bytes for which a buffer of decompressed data grows.
const minGrowth = 512

var errGZIP = &FrameError{Reason: "invalid gzip data"}

// An appender is a buffer that io.Writer appends to.
type appender []byte

// Write implements io.Writer.
func (a *appender) Write(p []byte) (int, error) {
	*a = append(*a, p...)
	return len(p), nil
}
