package relay

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"syscall"
	"time"

	"rtbench/report/result"
	"rtbench/scenarios/cell"
)

// Command is the name of the command of this executable that calls Main with the other arguments.
const Command = "relay"

// A Relay is a running relay process. It is safe for concurrent use, except Stop.
type Relay struct {
	address string
	process *exec.Cmd
	in      io.WriteCloser
	out     *bufio.Reader
}

// Start starts a relay. The caller must Stop it.
func Start(n cell.Network, seed int64) (*Relay, error) {
	exe, err := os.Executable()
	if err != nil {
		return nil, err
	}
	config, err := json.Marshal(n)
	if err != nil {
		return nil, err
	}
	r := &Relay{process: exec.Command(exe, Command, string(config), strconv.FormatInt(seed, 10))}
	if r.in, err = r.process.StdinPipe(); err != nil {
		return nil, err
	}
	out, err := r.process.StdoutPipe()
	if err != nil {
		return nil, err
	}
	r.out = bufio.NewReader(out)
	if err := r.process.Start(); err != nil {
		return nil, fmt.Errorf("starting the emulated network: %w", err)
	}
	line, err := r.out.ReadBytes('\n')
	if err == nil {
		err = json.Unmarshal(line, &r.address)
	}
	if err != nil {
		_, _ = r.Stop()
		return nil, fmt.Errorf("the emulated network did not start: %w", err)
	}
	return r, nil
}

// stopTimeout bounds the time until the process has ended.
const stopTimeout = 5 * time.Second

// Stop ends the process and returns its metrics.
func (r *Relay) Stop() (stats result.Relay, err error) {
	kill := time.AfterFunc(stopTimeout, func() { _ = r.process.Process.Kill() })
	defer kill.Stop()
	_ = r.in.Close()
	line, err := r.out.ReadBytes('\n')
	if err == nil {
		err = json.Unmarshal(line, &stats)
	}
	if err = errors.Join(err, r.process.Wait()); err != nil {
		return stats, fmt.Errorf("the emulated network failed: %w", err)
	}
	return stats, nil
}

// Partition makes nothing pass for a while, in connections opened and to be opened.
func (r *Relay) Partition(c Cut) error {
	if err := json.NewEncoder(r.in).Encode(c); err != nil {
		return fmt.Errorf("the emulated network failed: %w", err)
	}
	return nil
}

// Connect connects to the address with a Dial to the relay's own, on behalf of a group, which may have no name. A failure at the address is an error as
// that of a net.Dialer.
func (r *Relay) Connect(ctx context.Context, address, group string, dial func(ctx context.Context, network, address string) (net.Conn, error)) (net.Conn, error) {
	nc, err := dial(ctx, "tcp", r.address)
	if err != nil {
		return nil, err
	}
	stop := context.AfterFunc(ctx, func() { _ = nc.SetDeadline(time.Unix(1, 0)) })
	_, err = io.WriteString(nc, address+" "+group+"\n")
	var answer string
	if err == nil {
		answer, err = readLine(nc)
	}
	if !stop() {
		err = errors.Join(context.Cause(ctx), err)
	}
	if err == nil && answer != "" {
		err = refusal(address, answer)
	}
	if err != nil {
		_ = nc.Close()
		return nil, err
	}
	return nc, nil
}

// refusal returns the error of a connection that the relay could not open.
func refusal(address, answer string) error {
	number, text, _ := strings.Cut(answer, " ")
	cause := errors.New(text)
	if n, err := strconv.Atoi(number); err == nil && n > 0 {
		cause = syscall.Errno(n)
	}
	to, _ := net.ResolveTCPAddr("tcp", address)
	return &net.OpError{Op: "dial", Net: "tcp", Addr: to, Err: cause}
}
