package deploy_test

import (
	"path"
	"slices"
	"strconv"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"go.yaml.in/yaml/v3"

	"latchkey/internal/apitest"
	"latchkey/internal/testdb"
)

// The parts of Kubernetes objects that the manifest uses, by the names of the API. A field that is not here, a
// misspelled one for instance, is refused.
type (
	meta struct {
		Name        string
		Labels      map[string]string
		Annotations map[string]string
	}
	probe struct {
		HTTPGet struct {
			Path, Port  string
			HTTPHeaders []struct{ Name, Value string } `yaml:"httpHeaders"`
		} `yaml:"httpGet"`
		PeriodSeconds    int `yaml:"periodSeconds"`
		TimeoutSeconds   int `yaml:"timeoutSeconds"`
		FailureThreshold int `yaml:"failureThreshold"`
	}
	mount struct {
		Name      string
		MountPath string `yaml:"mountPath"`
		ReadOnly  bool   `yaml:"readOnly"`
	}
	container struct {
		Name, Image string
		Args        []string
		EnvFrom     []struct {
			ConfigMapRef struct{ Name string } `yaml:"configMapRef"`
		} `yaml:"envFrom"`
		Ports []struct {
			Name          string
			ContainerPort int `yaml:"containerPort"`
		}
		StartupProbe    *probe `yaml:"startupProbe"`
		LivenessProbe   *probe `yaml:"livenessProbe"`
		ReadinessProbe  *probe `yaml:"readinessProbe"`
		Resources       struct{ Requests, Limits map[string]string }
		SecurityContext struct {
			AllowPrivilegeEscalation *bool `yaml:"allowPrivilegeEscalation"`
			ReadOnlyRootFilesystem   bool  `yaml:"readOnlyRootFilesystem"`
			Capabilities             struct{ Drop []string }
		} `yaml:"securityContext"`
		VolumeMounts []mount `yaml:"volumeMounts"`
	}
	podSpec struct {
		AutomountServiceAccountToken  *bool `yaml:"automountServiceAccountToken"`
		TerminationGracePeriodSeconds int   `yaml:"terminationGracePeriodSeconds"`
		SecurityContext               struct {
			RunAsNonRoot   bool                  `yaml:"runAsNonRoot"`
			RunAsUser      int                   `yaml:"runAsUser"`
			RunAsGroup     int                   `yaml:"runAsGroup"`
			FSGroup        int                   `yaml:"fsGroup"`
			SeccompProfile struct{ Type string } `yaml:"seccompProfile"`
		} `yaml:"securityContext"`
		TopologySpreadConstraints []struct {
			MaxSkew           int    `yaml:"maxSkew"`
			TopologyKey       string `yaml:"topologyKey"`
			WhenUnsatisfiable string `yaml:"whenUnsatisfiable"`
			LabelSelector     struct {
				MatchLabels map[string]string `yaml:"matchLabels"`
			} `yaml:"labelSelector"`
		} `yaml:"topologySpreadConstraints"`
		Containers []container
		Volumes    []struct {
			Name   string
			Secret struct {
				SecretName  string `yaml:"secretName"`
				DefaultMode int    `yaml:"defaultMode"`
			}
		}
	}
	object struct {
		APIVersion string `yaml:"apiVersion"`
		Kind       string
		Metadata   meta
		Data       map[string]string
		Spec       yaml.Node
	}
	deploymentSpec struct {
		Replicas int
		Selector struct {
			MatchLabels map[string]string `yaml:"matchLabels"`
		}
		Strategy struct {
			Type          string
			RollingUpdate struct {
				MaxUnavailable int `yaml:"maxUnavailable"`
				MaxSurge       int `yaml:"maxSurge"`
			} `yaml:"rollingUpdate"`
		}
		Template struct {
			Metadata meta
			Spec     podSpec
		}
	}
	serviceSpec struct {
		Selector map[string]string
		Ports    []struct {
			Name       string
			Port       int
			TargetPort string `yaml:"targetPort"`
		}
	}
)

// part decodes the spec of the one object of a kind.
func part[T any](t *testing.T, objects []object, apiVersion, kind string) (spec T) {
	t.Helper()
	at := slices.IndexFunc(objects, func(o object) bool { return o.APIVersion == apiVersion && o.Kind == kind })
	if at < 0 {
		t.Fatalf("no %s of %s", kind, apiVersion)
	}
	text, err := yaml.Marshal(&objects[at].Spec)
	if err != nil {
		t.Fatal(err)
	}
	return strictly[T](t, string(text))[0]
}

func TestKubernetes(t *testing.T) {
	objects := strictly[object](t, read(t, "kubernetes/latchkey.yaml"))
	deployment := part[deploymentSpec](t, objects, "apps/v1", "Deployment")
	service := part[serviceSpec](t, objects, "v1", "Service")
	settings := objects[slices.IndexFunc(objects, func(o object) bool { return o.Kind == "ConfigMap" })].Data
	pod := deployment.Template.Spec
	c := pod.Containers[0]

	files := map[string]string{"/run/secrets/database/url": "postgres://latchkey@db/latchkey?sslmode=verify-full"}
	for name, value := range generatedKeys(t) {
		files["/run/secrets/keys/"+name] = value
	}
	cfg := accepted(t, "latchkey.yaml", settings, files)
	for file := range files {
		if !slices.ContainsFunc(c.VolumeMounts, func(m mount) bool { return m.MountPath == path.Dir(file) && m.ReadOnly }) {
			t.Errorf("nothing is mounted where %s is read", file)
		}
	}
	if len(cfg.Keys.AccessPrivate) == 0 || cfg.Keys.RefreshPublic == "" || !cfg.Production() {
		t.Error("several nodes need keys of the settings, and production")
	}
	if grace := time.Duration(pod.TerminationGracePeriodSeconds) * time.Second; grace < stopTime(cfg) {
		t.Errorf("a pod is killed after %v, before it has drained in %v", grace, stopTime(cfg))
	}
	ports := map[string]int{}
	for _, p := range c.Ports {
		ports[p.Name] = p.ContainerPort
	}
	if ports["http"] != cfg.HTTP.Port || ":"+strconv.Itoa(ports["metrics"]) != cfg.HTTP.MetricsAddress || service.Ports[0].TargetPort != "http" ||
		deployment.Template.Metadata.Annotations["prometheus.io/port"] != strconv.Itoa(ports["metrics"]) {
		t.Errorf("ports %v, service %+v", ports, service.Ports)
	}
	for _, labels := range []map[string]string{deployment.Selector.MatchLabels, service.Selector} {
		if diff := cmp.Diff(deployment.Template.Metadata.Labels, labels); diff != "" {
			t.Errorf("labels: %s", diff)
		}
	}
	s := pod.SecurityContext
	if deployment.Replicas != 2 || deployment.Strategy.RollingUpdate.MaxUnavailable != 0 || !s.RunAsNonRoot || s.RunAsUser != 65532 ||
		s.SeccompProfile.Type != "RuntimeDefault" || !c.SecurityContext.ReadOnlyRootFilesystem || *c.SecurityContext.AllowPrivilegeEscalation ||
		!slices.Equal(c.SecurityContext.Capabilities.Drop, []string{"ALL"}) || *pod.AutomountServiceAccountToken {
		t.Errorf("the pod is less confined than it was meant: %+v %+v", s, c.SecurityContext)
	}
	probed(t, c, cfg.HTTP.AllowedHosts)
}

// probed sends each probe to a service with the manifest's ALLOWED_HOSTS.
func probed(t *testing.T, c container, hosts []string) {
	t.Helper()
	server := apitest.Start(t, testdb.SQLite(t), map[string]string{"ALLOWED_HOSTS": hosts[0]})
	for name, p := range map[string]*probe{"/livez": c.LivenessProbe, "/readyz": c.ReadinessProbe, "startup": c.StartupProbe} {
		if p.HTTPGet.Path != name && name != "startup" || p.HTTPGet.Port != "http" {
			t.Errorf("probe %s asks %+v", name, p.HTTPGet)
		}
		b := server.Browser(t)
		b.Must(200, b.Do("GET", p.HTTPGet.Path, nil, apitest.Header(p.HTTPGet.HTTPHeaders[0].Name, p.HTTPGet.HTTPHeaders[0].Value)))
	}
}
