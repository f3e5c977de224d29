# Common tasks. `make ci` runs all checks of CI.
TOOLS = go tool -modfile=.ci/tools/go.mod

.PHONY: build test test-all lint generate ci peers
build:
	go build -o rtbench .

test:
	go test ./...

test-all:
	RTBENCH_TESTS=all go test -timeout 20m ./...

lint:
	$(TOOLS) gofumpt -l $$(git ls-files '*.go' | grep -v 'pb/')
	$(TOOLS) golangci-lint run ./...

generate:
	go generate ./proto

ci:
	.ci/run

# peers compares rtbench with other tools; ARGS="-work echo-64 -n 2 -seconds 2" is a short run.
peers:
	@command -v wrk >/dev/null && command -v h2load >/dev/null || \
	  { [ "$$(id -u)" = 0 ] && command -v apt-get >/dev/null && apt-get install -y wrk nghttp2-client; } || \
	  echo "wrk and h2load are missing; Debian: apt-get install wrk nghttp2-client"
	cd testdata/peers && go run . $(ARGS)
