package target

import (
	"strconv"
	"time"

	"rtbench/proto"
)

// command returns the command that starts a server for the cell.
func (spec Spec) command() []string {
	command := spec.Command[:len(spec.Command):len(spec.Command)]
	if spec.Shell != "" {
		command = shellCommand(spec.Shell)
	}
	if spec.Cell.TLS {
		command = append(command, "--tls")
	}
	if stack := spec.Cell.Stack; !spec.guide() && stack != "" && stack != proto.Stock {
		command = append(command, "--stack", stack)
	}
	if n := spec.streams(); n > proto.DefaultStreams && proto.Multiplexes(spec.Cell.Protocol) {
		command = append(command, "--max-streams", strconv.Itoa(n))
	}
	return append(command, spec.guideFlags()...)
}

// guideFlags returns the flags that make a reference server serve the cell's load over the
// guide's API.
func (spec Spec) guideFlags() []string {
	if !spec.guide() {
		return nil
	}
	flags := []string{"--token-for", tokenUser}
	cell, pattern := spec.Cell, proto.Pattern(spec.Cell.Pattern)
	if pattern == proto.Push && cell.Rate > 0 {
		interval := float64(spec.streams()) / cell.Rate
		flags = append(flags, "--event-interval", time.Duration(interval*float64(time.Second)).String())
	}
	if n := cell.Size + 1<<10; n > 64<<10 && pattern != proto.Upload {
		flags = append(flags, "--max-message", strconv.Itoa(min(n, proto.MaxSize)))
	}
	if n := spec.streams(); n > proto.DefaultStreams {
		flags = append(flags, "--max-clients", strconv.Itoa(n))
	}
	return flags
}
