package guideapi

import (
	"errors"
	"fmt"
	"io"

	protobuf "google.golang.org/protobuf/proto"

	"rtbench/proto"
	"rtbench/proto/streamingpb"
)

// newProcess calls ProcessStream. Outputs must end with the input: the guide prepends "Processed: ".
func newProcess(a *API, c proto.Call) (session, error) {
	e := a.endpoint("grpc", streamingpb.DataStreamService_ProcessStream_FullMethodName, c)
	e.ClientStreams, e.ServerStreams = true, true
	var out streamingpb.ProcessRequest
	var in streamingpb.ProcessResponse
	var buf []byte
	return session{
		endpoint: e,
		encode: func(dst, p []byte) ([]byte, error) {
			out.Input = string(p)
			return protobuf.MarshalOptions{}.MarshalAppend(dst, &out)
		},
		decode: func(b []byte) ([]byte, error) {
			if err := protobuf.Unmarshal(b, &in); err != nil {
				return nil, fmt.Errorf("%w: %w", errNotGuide, err)
			}
			if in.GetComplete() {
				return nil, io.EOF
			}
			output := in.GetOutput()
			buf = append(buf[:0], output[max(0, len(output)-c.Size):]...)
			if isMeasured(buf) {
				return buf, nil
			}
			a.reportUnmatched([]byte(output))
			return nil, nil
		},
	}, nil
}

// chunkSize is the size of an upload chunk, in bytes.
const chunkSize = 32 << 10

// maxUploads is the number of uploads whose response has not been decoded.
const maxUploads = 8

var errChunks = errors.New("the server did not accept all chunks of an upload")

// newUpload calls UploadData for each message. A message comes back once the server has acknowledged
// all of its chunks.
func newUpload(a *API, c proto.Call) (session, error) {
	e := a.endpoint("grpc", streamingpb.DataStreamService_UploadData_FullMethodName, c)
	e.ClientStreams = true
	chunk := streamingpb.UploadRequest{Filename: fmt.Sprintf("rtbench-%d", c.Share)}
	var request []byte
	e.Requests = func(p []byte, i int) ([]byte, bool) {
		from := i * chunkSize
		if from >= len(p) {
			return nil, false
		}
		chunk.Data = p[from:min(len(p), from+chunkSize)]
		request, _ = protobuf.MarshalOptions{}.MarshalAppend(request[:0], &chunk) // fails only for invalid UTF-8
		return request, true
	}
	pending, free := make(chan []byte, maxUploads), make(chan []byte, maxUploads)
	var response streamingpb.UploadResponse
	var last []byte // returned by decode
	return session{
		endpoint: e,
		encode: func(_, p []byte) ([]byte, error) {
			var b []byte
			select {
			case b = <-free:
			default:
			}
			pending <- append(b[:0], p...)
			return p, nil
		},
		decode: func(b []byte) ([]byte, error) {
			if last != nil {
				select {
				case free <- last:
				default:
				}
			}
			last = <-pending
			if err := protobuf.Unmarshal(b, &response); err != nil {
				return nil, fmt.Errorf("%w: %w", errNotGuide, err)
			}
			chunks := (len(last) + chunkSize - 1) / chunkSize
			if !response.GetSuccess() || int(response.GetRecordsProcessed()) != chunks {
				return nil, fmt.Errorf("%w (success %v, %d of %d)", errChunks, response.GetSuccess(), response.GetRecordsProcessed(), chunks)
			}
			return last, nil
		},
	}, nil
}
