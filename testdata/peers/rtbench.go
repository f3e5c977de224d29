package main

import (
	"context"
	"encoding/csv"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"time"
)

// invalidExit is rtbench's exit code for a result without a usable measurement.
const invalidExit = 113

func (s shape) scenario(protocol, stack, target string, seconds int) string {
	warmup := "500ms"
	if s.pattern == "push" {
		warmup = "1500ms" // drains the messages that piled up during connecting
	}
	load := "model: closed"
	if s.rate > 0 {
		load = fmt.Sprintf("rate: %d/s", s.rate)
	}
	lines := []string{
		"name: peers",
		"protocols: [" + protocol + "]",
		"stack: " + stack,
		"pattern: " + s.pattern,
		fmt.Sprintf("load: {%s, connections: %d, streams: %d}", load, s.connections, s.streams),
		fmt.Sprintf("payload: {size: %d}", size),
		// A flood never drains; an echo drains at once, or at the end of an open loop soon.
		fmt.Sprintf("phases: {warmup: %s, steady: %ds, drain: 100ms}", warmup, seconds),
		"repetitions: 1",
		"target: " + target,
	}
	return strings.Join(lines, "\n") + "\n"
}

// rtbench runs rtbench as a client against a server of the same stack, in a separate process.
func (s shape) rtbench(protocol, stack string) func(context.Context, *bench, string) (*run, error) {
	return s.rtbenchOn(stack, protocol, stack)
}

// rtbenchOn is rtbench with a server of any stack.
func (s shape) rtbenchOn(serverStack, protocol, stack string) func(context.Context, *bench, string) (*run, error) {
	return func(ctx context.Context, b *bench, dir string) (*run, error) {
		return b.onServer(ctx, serverStack, func(sv *server) (*run, error) {
			file, out := filepath.Join(dir, "peers.yaml"), filepath.Join(dir, "out")
			if err := os.WriteFile(file, []byte(s.scenario(protocol, stack, sv.control, b.seconds)), 0o600); err != nil {
				return nil, err
			}
			_, used, err := client(ctx, dir, b.tools.path("rtbench"), "run", file, "--out", out)
			var exit *exec.ExitError
			if errors.As(err, &exit) && exit.ExitCode() == invalidExit {
				err = nil
			}
			if err != nil {
				return nil, err
			}
			r, err := b.readResult(ctx, out)
			if err != nil {
				return nil, err
			}
			r.Client = used
			if s.pattern == "push" {
				// The response times are those of messages queued in buffers. By Little's law
				// they give the number still queued when the client left: sent by the server
				// but never received.
				r.unread = r.Rate * r.P50.Seconds()
				r.P50, r.P99 = 0, 0
			}
			return r, nil
		})
	}
}

// readResult reads the CSV report, which gives percentiles as numbers; the result file has
// histograms.
func (b *bench) readResult(ctx context.Context, out string) (*run, error) {
	text, err := exec.CommandContext(ctx, b.tools.path("rtbench"), "report", out, "--format", "csv").Output()
	if err != nil {
		return nil, fmt.Errorf("rtbench report: %w", err)
	}
	records, err := csv.NewReader(strings.NewReader(string(text))).ReadAll()
	if err != nil || len(records) != 2 {
		return nil, fmt.Errorf("rtbench report: expected one row, got %q (%v)", text, err)
	}
	cell := map[string]string{}
	for i, name := range records[0] {
		cell[name] = records[1][i]
	}
	number := func(name string) float64 {
		v, _ := strconv.ParseFloat(cell[name], 64)
		return v
	}
	r := &run{
		Rate: number("throughput_per_s"), Invalid: cell["discarded"] == "true",
		P50: time.Duration(number("response_p50_ns")), P99: time.Duration(number("response_p99_ns")),
	}
	if err := r.readPhases(out); err != nil {
		return nil, err
	}
	if r.Rate == 0 { // replies were read late, so that reports have a lower bound; here it is compared with other clients
		r.Rate = number("recorded") / r.to.Sub(r.from).Seconds()
	}
	if r.Rate == 0 {
		return nil, fmt.Errorf("rtbench recorded no messages: %s", cell["finding"])
	}
	return r, nil
}

// readPhases reads the times of the phases from the result file.
func (r *run) readPhases(out string) error {
	var result struct {
		Cells []struct {
			Repetitions []struct {
				Started time.Time `json:"started"`
				Error   string    `json:"error"`
				Phases  struct {
					Connect time.Duration `json:"connect_ns"`
					Warmup  time.Duration `json:"warmup_ns"`
					Steady  time.Duration `json:"steady_ns"`
				} `json:"phases"`
			} `json:"repetitions"`
		} `json:"cells"`
	}
	if err := readJSON(filepath.Join(out, "result.json"), &result); err != nil {
		return err
	}
	if len(result.Cells) != 1 || len(result.Cells[0].Repetitions) != 1 {
		return errors.New("result.json: expected one cell with one repetition")
	}
	rep := result.Cells[0].Repetitions[0]
	if rep.Error != "" {
		return errors.New(rep.Error)
	}
	r.from = rep.Started.Add(rep.Phases.Connect + rep.Phases.Warmup)
	r.to = r.from.Add(rep.Phases.Steady)
	return nil
}
