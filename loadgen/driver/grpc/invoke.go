package grpc

import (
	"context"
	"errors"
	"io"

	"google.golang.org/grpc"

	"rtbench/proto/framing"
)

// An invoker makes the calls of a unaryStream over grpc-go.
type invoker struct {
	*call
	out      framing.BenchMessage
	requests requests
}

func newInvoker(c *call) *invoker {
	v := &invoker{call: c, out: c.message(), requests: c.requests()}
	v.out.Pool = buffers
	return v
}

// exchange makes the call for message p and stores the reply in r.
func (v *invoker) exchange(p []byte, r *framing.BenchMessage) *callError {
	if err := v.makeCall(p, r); err != nil {
		return v.explain(err)
	}
	return nil
}

func (v *invoker) makeCall(p []byte, r *framing.BenchMessage) error {
	ctx := v.ctx
	if v.endpoint.Deadline > 0 {
		var cancel context.CancelFunc
		ctx, cancel = context.WithTimeout(ctx, v.endpoint.Deadline)
		defer cancel()
	}
	if !v.desc.ClientStreams {
		v.out.Payload = p
		return v.channel.Invoke(ctx, v.path, &v.out, r, v.options...)
	}
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	st, err := v.channel.NewStream(ctx, &v.desc, v.path, v.options...)
	if err != nil {
		return err
	}
	return v.upload(st, p, r)
}

// upload sends the requests for message p and receives the reply.
func (v *invoker) upload(st grpc.ClientStream, p []byte, r *framing.BenchMessage) error {
	for i := 0; ; i++ {
		request, more := v.requests(p, i)
		if !more {
			break
		}
		v.out.Payload = request
		if err := st.SendMsg(&v.out); errors.Is(err, io.EOF) {
			break // the server has already replied
		} else if err != nil {
			return err
		}
	}
	if err := st.CloseSend(); err != nil {
		return err
	}
	return st.RecvMsg(r)
}
