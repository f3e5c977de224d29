package target

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"time"

	"rtbench/loadgen/scrape"
	"rtbench/scenarios"
)

// A Profiler requests CPU and heap profiles of a server, as Go's net/http/pprof serves them.
type Profiler struct {
	// Source is the URL below which the profiles are. It holds no secret.
	Source string

	client  *http.Client
	headers http.Header
	host    string
	bearer  scenarios.Secret
}

// maxProfile bounds the size of a profile as it is sent.
const maxProfile = 32 << 20

// heapTimeout is how long a heap profile may take, with the garbage collection before it.
const heapTimeout = 20 * time.Second

// NewProfiler returns a Profiler for the server of a scenario. at replaces profile.pprof unless it is empty.
func NewProfiler(s *scenarios.Scenario, server *Server, at string) (*Profiler, error) {
	from := s.Profile
	if at != "" {
		from.Pprof = at
	}
	p := &Profiler{Source: from.Base(), headers: http.Header{}, bearer: from.Bearer}
	if p.bearer.File != "" {
		p.bearer.File = s.Resolve(p.bearer.File)
	}
	if p.Source == "" && server.Info.Control != "" {
		p.Source = "http://" + server.Info.Control + scenarios.PprofPath
	}
	if p.Source == "" {
		return nil, errors.New("the URL of the server's profiles is unknown; expected it as profile.pprof")
	}
	for _, h := range from.Headers {
		if scenarios.IsHost(h.Name) {
			p.host = h.Value
			continue
		}
		p.headers.Add(h.Name, h.Value)
	}
	trust := &tls.Config{MinVersion: tls.VersionTLS12}
	if s.Custom != nil {
		var err error
		if trust, err = trustOf(s); err != nil {
			return nil, err
		}
	}
	p.client = &http.Client{Transport: &http.Transport{DisableKeepAlives: true, TLSClientConfig: trust}}
	return p, nil
}

// CPU takes a CPU profile of whole seconds.
func (p *Profiler) CPU(ctx context.Context, length time.Duration) ([]byte, error) {
	return p.get(ctx, fmt.Sprintf("/profile?seconds=%d", int(length.Seconds())))
}

// Heap takes a heap profile after a garbage collection, so that it is up to date.
func (p *Profiler) Heap(ctx context.Context) ([]byte, error) {
	ctx, cancel := context.WithTimeout(ctx, heapTimeout)
	defer cancel()
	return p.get(ctx, "/heap?gc=1")
}

// get returns the profile at a path. Its errors name the URL.
func (p *Profiler) get(ctx context.Context, path string) ([]byte, error) {
	b, err := p.request(ctx, path)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", p.Source+path, scrape.WithoutURL(err))
	}
	return b, nil
}

func (p *Profiler) request(ctx context.Context, path string) ([]byte, error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, p.Source+path, nil)
	if err != nil {
		return nil, err
	}
	req.Header, req.Host = p.headers.Clone(), p.host
	if p.bearer.Env != "" || p.bearer.File != "" || len(p.bearer.Command) > 0 {
		token, err := readToken(ctx, p.bearer)
		if err != nil {
			return nil, err
		}
		req.Header.Set("Authorization", "Bearer "+token)
	}
	resp, err := p.client.Do(req)
	if err != nil {
		return nil, err
	}
	defer resp.Body.Close()
	b, err := io.ReadAll(io.LimitReader(resp.Body, maxProfile+1))
	switch {
	case resp.StatusCode != http.StatusOK:
		return nil, statusFault(resp, b)
	case err != nil:
		return nil, err
	case len(b) > maxProfile:
		return nil, fmt.Errorf("found more than %d MiB; expected a smaller profile", maxProfile>>20)
	}
	return b, nil
}

// statusFault describes a failed request. net/http/pprof explains its own failures, such as a second CPU profile at the
// same time, in the body.
func statusFault(resp *http.Response, body []byte) error {
	const most = 200
	switch {
	case resp.Header.Get("X-Go-Pprof") != "":
		text := strings.Join(strings.Fields(string(body[:min(most, len(body))])), " ")
		return fmt.Errorf("HTTP status %s: %s", resp.Status, text)
	case resp.StatusCode == http.StatusUnauthorized || resp.StatusCode == http.StatusForbidden:
		return fmt.Errorf("HTTP status %s; expected credentials that the server accepts in profile.bearer or profile.headers", resp.Status)
	}
	return fmt.Errorf("HTTP status %s; expected Go's net/http/pprof there", resp.Status)
}
