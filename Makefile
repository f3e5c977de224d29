# The few commands of the house. `make ci` is what CI runs.
TOOLS = go tool -modfile=.ci/tools/go.mod

.PHONY: build test lint generate ci
build:
	go build -o rtbench .

test:
	go test ./...

lint:
	$(TOOLS) gofumpt -l $$(git ls-files '*.go' | grep -v 'pb/')
	$(TOOLS) golangci-lint run ./...

generate:
	go generate ./proto

ci:
	.ci/run
