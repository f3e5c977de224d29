// Package scrape reads the metrics that a server exports in Prometheus format.
package scrape

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"time"

	dto "github.com/prometheus/client_model/go"
	"github.com/prometheus/common/expfmt"
	"github.com/prometheus/common/model"
	"google.golang.org/protobuf/encoding/protowire"
	"google.golang.org/protobuf/proto"

	"rtbench/proto/clock"
)

// Bounds of a scrape.
const (
	Timeout = 2 * time.Second
	limit   = 4 << 20 // bytes
)

// A Page holds the metrics of one scrape.
type Page struct {
	At       int64         // clock.Now in the middle of the request
	Took     time.Duration // the request and the parsing
	Bytes    int
	Families map[string]*dto.MetricFamily // by name
}

// A Client reads the metrics at one URL. It is safe for concurrent use, and makes one request at a time.
type Client struct {
	url  string
	name string
	http *http.Client

	mu   sync.Mutex
	last *Page
}

// New returns a client for a URL of http or https. It does not connect.
func New(at string) (*Client, error) {
	u, err := url.Parse(at)
	if err != nil || u.Host == "" || (u.Scheme != "http" && u.Scheme != "https") {
		return nil, errors.New("expected a URL such as http://127.0.0.1:9100/metrics")
	}
	return &Client{
		url: u.String(), name: "prometheus " + u.Host + u.EscapedPath(), // credentials and the query may be secret
		http: &http.Client{Transport: &http.Transport{DisableKeepAlives: true}, Timeout: Timeout},
	}, nil
}

// Name describes the source, without secrets.
func (c *Client) Name() string { return c.name }

// Fetch returns the metrics. A page that is at most age old may be returned again, so that two readers cost the
// server one request. Errors contain no secrets.
func (c *Client) Fetch(ctx context.Context, age time.Duration) (*Page, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.last != nil && clock.Now()-c.last.At <= int64(age) {
		return c.last, nil
	}
	ctx, cancel := context.WithTimeout(ctx, Timeout)
	defer cancel()
	began := clock.Now()
	b, format, err := c.get(ctx)
	if err != nil {
		return nil, err
	}
	p := &Page{At: (began + clock.Now()) / 2, Bytes: len(b)}
	if p.Families, err = parse(b, format); err != nil {
		return nil, err
	}
	p.Took = time.Duration(clock.Now() - began)
	c.last = p
	return p, nil
}

// accept asks for protobuf, the only format with native histograms, or else for text.
const accept = "application/vnd.google.protobuf;proto=io.prometheus.client.MetricFamily;encoding=delimited;q=0.7,text/plain;version=0.0.4;q=0.5"

func (c *Client) get(ctx context.Context) (body []byte, format string, err error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, c.url, nil)
	if err != nil {
		return nil, "", WithoutURL(err)
	}
	req.Header.Set("Accept", accept)
	resp, err := c.http.Do(req)
	if err != nil {
		return nil, "", WithoutURL(err)
	}
	defer resp.Body.Close()
	if resp.StatusCode != http.StatusOK {
		return nil, "", fmt.Errorf("HTTP status %s; expected 200", resp.Status)
	}
	body, err = io.ReadAll(io.LimitReader(resp.Body, limit+1))
	switch {
	case err != nil:
		return nil, "", WithoutURL(err)
	case len(body) > limit:
		return nil, "", fmt.Errorf("more than %d MiB of metrics", limit>>20)
	}
	return body, resp.Header.Get("Content-Type"), nil
}

// WithoutURL returns the error of a request without its URL, whose query may be secret.
func WithoutURL(err error) error {
	var of *url.Error
	if errors.As(err, &of) {
		return of.Err
	}
	return err
}

// parse parses metrics in protobuf, or else in text. The library's decoder of protobuf would allocate as many bytes as a
// length claims.
func parse(b []byte, contentType string) (map[string]*dto.MetricFamily, error) {
	format := expfmt.ResponseFormat(http.Header{"Content-Type": {contentType}})
	if format.FormatType() != expfmt.TypeProtoDelim {
		return ParseText(string(b))
	}
	families := map[string]*dto.MetricFamily{}
	for len(b) > 0 {
		one, n := protowire.ConsumeBytes(b)
		f := new(dto.MetricFamily)
		err := protowire.ParseError(n)
		if err == nil {
			err = proto.Unmarshal(one, f)
		}
		if err != nil {
			return nil, fmt.Errorf("not the Prometheus protobuf format: %w", err)
		}
		families[f.GetName()], b = f, b[n:]
	}
	return families, nil
}

// ParseText parses metrics in the text format.
func ParseText(text string) (map[string]*dto.MetricFamily, error) {
	parser := expfmt.NewTextParser(model.UTF8Validation)
	families, err := parser.TextToMetricFamilies(strings.NewReader(text))
	if err != nil {
		return nil, fmt.Errorf("not the Prometheus text format: %w", err)
	}
	return families, nil
}

// Value returns the value of a counter, a gauge or an untyped metric.
func Value(m *dto.Metric) float64 {
	return m.GetCounter().GetValue() + m.GetGauge().GetValue() + m.GetUntyped().GetValue()
}
