package e2e

import (
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"gopkg.in/yaml.v3"
)

func read(t *testing.T, name string) string {
	t.Helper()
	b, err := os.ReadFile(filepath.Join("..", filepath.FromSlash(name)))
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

// TestTheThreatModelNamesTestsThatExist looks for the tests that docs/security.md
// names.
func TestTheThreatModelNamesTestsThatExist(t *testing.T) {
	declared, exist := regexp.MustCompile(`(?m)^func ((?:Test|Fuzz)\w+)\(`), map[string]bool{}
	err := filepath.WalkDir("..", func(path string, _ fs.DirEntry, err error) error {
		if err != nil || !strings.HasSuffix(path, "_test.go") {
			return err
		}
		text, err := os.ReadFile(path)
		for _, m := range declared.FindAllSubmatch(text, -1) {
			exist[string(m[1])] = true
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	named := regexp.MustCompile("`((?:Test|Fuzz)\\w+)`").FindAllStringSubmatch(read(t, "docs/security.md"), -1)
	if len(named) < 20 {
		t.Errorf("only %d tests are named", len(named))
	}
	for _, m := range named {
		if !exist[m[1]] {
			t.Errorf("there is no %s", m[1])
		}
	}
}

// TestTheServiceHasFewRights compares what the unit of systemd takes away.
func TestTheServiceHasFewRights(t *testing.T) {
	_, service, _ := strings.Cut(read(t, "deploy/systemd/helpdesk_exporter.service"), "[Service]\n")
	var got []string
	for line := range strings.Lines(service) {
		if regexp.MustCompile(`^(User|UMask|StateDirectoryMode|Capability|Lock|Memory|NoNew|Private|Protect|Restrict|SystemCall)\w*=`).MatchString(line) {
			got = append(got, strings.TrimSpace(line))
		}
	}
	slices.Sort(got)
	want := []string{
		"CapabilityBoundingSet=", "LockPersonality=yes", "MemoryDenyWriteExecute=yes", "NoNewPrivileges=yes", "PrivateDevices=yes",
		"PrivateTmp=yes", "ProtectClock=yes", "ProtectControlGroups=yes", "ProtectHome=yes", "ProtectHostname=yes", "ProtectKernelLogs=yes",
		"ProtectKernelModules=yes", "ProtectKernelTunables=yes", "ProtectProc=invisible", "ProtectSystem=strict",
		"RestrictAddressFamilies=AF_INET AF_INET6 AF_UNIX", "RestrictNamespaces=yes", "RestrictRealtime=yes", "RestrictSUIDSGID=yes",
		"StateDirectoryMode=0700", "SystemCallArchitectures=native", "SystemCallFilter=@system-service", "UMask=0077", "User=helpdesk_exporter",
	}
	if diff := cmp.Diff(want, slices.DeleteFunc(got, func(l string) bool { return strings.HasPrefix(l, "Restart") })); diff != "" {
		t.Errorf("(-want +have):\n%s", diff)
	}
}

// TestTheContainerHasNoShellAndNoRights reads the last stage of the image: from
// nothing, a program without libraries, a user who is not root.
func TestTheContainerHasNoShellAndNoRights(t *testing.T) {
	file := read(t, "deploy/container/Dockerfile")
	last := file[strings.LastIndex(file, "FROM "):]
	for _, line := range []string{"FROM scratch\n", "USER 65534:65534\n", `ENTRYPOINT ["/bin/helpdesk_exporter", `} {
		if !strings.Contains(last, line) {
			t.Errorf("the image has no %q:\n%s", line, last)
		}
	}
	if !strings.Contains(file, "CGO_ENABLED=0 ") || strings.Contains(last, "RUN ") {
		t.Errorf("the program needs libraries or a shell:\n%s", file)
	}
}

// TestTheImageIsBuiltOfTheProgramsFolders compares what the image is built of,
// and what Docker is given, with the folders that the program is in.
func TestTheImageIsBuiltOfTheProgramsFolders(t *testing.T) {
	const module = "github.com/helpdesk-exporter/helpdesk_exporter/"
	out, err := exec.CommandContext(t.Context(), "go", "list", "-deps", "../cmd/helpdesk_exporter").Output()
	if err != nil {
		t.Fatal(err)
	}
	var want []string
	for path := range strings.Lines(string(out)) {
		if inside, ok := strings.CutPrefix(strings.TrimSpace(path), module); ok {
			folder, _, _ := strings.Cut(inside, "/")
			want = append(want, folder)
		}
	}
	slices.Sort(want)
	want = slices.Compact(want)
	var copied, given []string
	for _, m := range regexp.MustCompile(`(?m)^COPY (\w+) (\w+)$`).FindAllStringSubmatch(read(t, "deploy/container/Dockerfile"), -1) {
		copied = append(copied, m[1])
	}
	for _, m := range regexp.MustCompile(`(?m)^!(\w+)$`).FindAllStringSubmatch(read(t, ".dockerignore"), -1) {
		given = append(given, m[1])
	}
	if diff := cmp.Diff(want, copied); diff != "" {
		t.Errorf("Dockerfile (-program +copied):\n%s", diff)
	}
	if diff := cmp.Diff(want, given); diff != "" {
		t.Errorf(".dockerignore (-program +given):\n%s", diff)
	}
}

// TestComposeTakesAllRightsFromTheExporter compares its service but for what is
// mounted from the machine, which is read-only.
func TestComposeTakesAllRightsFromTheExporter(t *testing.T) {
	var compose struct{ Services map[string]map[string]any }
	if err := yaml.Unmarshal([]byte(read(t, "deploy/compose/compose.yaml")), &compose); err != nil {
		t.Fatal(err)
	}
	exporter := compose.Services["exporter"]
	build, _ := exporter["build"].(map[string]any)
	if file := fmt.Sprint(build["dockerfile"]); file != "deploy/container/Dockerfile" {
		t.Errorf("it is built by %s", file)
	}
	volumes, _ := exporter["volumes"].([]any)
	for _, v := range volumes {
		if text := fmt.Sprint(v); strings.HasPrefix(text, ".") != strings.HasSuffix(text, ":ro") {
			t.Errorf("the volume %s", text)
		}
	}
	delete(exporter, "build")
	delete(exporter, "volumes")
	want := map[string]any{
		"network_mode": "host", "restart": "unless-stopped", "read_only": true, "cap_drop": []any{"ALL"},
		"security_opt": []any{"no-new-privileges:true"}, "command": []any{"--web.listen-address=127.0.0.1:9877"},
	}
	if diff := cmp.Diff(want, exporter); diff != "" || len(volumes) < 3 {
		t.Errorf("%d volumes; (-want +have):\n%s", len(volumes), diff)
	}
}

// TestAReleaseHasSumsAndAListOfWhatIsInIt reads the description of releases.
func TestAReleaseHasSumsAndAListOfWhatIsInIt(t *testing.T) {
	var release struct {
		Builds []struct {
			Main, Binary string
			Env, Flags   []string
		}
		Archives []struct{ Files []string }
		Checksum struct{ Algorithm string }
		SBOMs    []struct{ Artifacts string } `yaml:"sboms"`
	}
	if err := yaml.Unmarshal([]byte(read(t, ".goreleaser.yaml")), &release); err != nil {
		t.Fatal(err)
	}
	if len(release.Builds) != 2 || release.Checksum.Algorithm != "sha256" || len(release.SBOMs) != 1 || release.SBOMs[0].Artifacts != "archive" {
		t.Fatalf("%+v", release)
	}
	for _, b := range release.Builds {
		if _, err := os.Stat(filepath.Join("..", b.Main, "main.go")); err != nil || filepath.Base(b.Main) != b.Binary {
			t.Errorf("%s is built from %s: %v", b.Binary, b.Main, err)
		}
		if !slices.Contains(b.Env, "CGO_ENABLED=0") || !slices.Contains(b.Flags, "-trimpath") {
			t.Errorf("%s is not built the same everywhere: %q %q", b.Binary, b.Env, b.Flags)
		}
	}
	for _, f := range release.Archives[0].Files {
		root, _, _ := strings.Cut(f, "/*")
		if _, err := os.Stat(filepath.Join("..", root)); err != nil {
			t.Error(err)
		}
	}
}
