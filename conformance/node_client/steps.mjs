// What programs do with @kubernetes/client-node: each line it prints is one step and what came of it.
import net from 'node:net';
import stream from 'node:stream';
import * as k8s from '@kubernetes/client-node';

const namespace = process.argv[2];
const config = new k8s.KubeConfig();
config.loadFromDefault();
const core = config.makeApiClient(k8s.CoreV1Api);
const container = { name: 'web', image: 'traefik/whoami', ports: [{ containerPort: 80 }] };

function collected() {
  const kept = new stream.PassThrough();
  kept.text = '';
  kept.on('data', (data) => { kept.text += data; });
  return kept;
}

function isReady(pod) {
  return (pod.status?.conditions ?? []).some((each) => each.type === 'Ready' && each.status === 'True');
}

// An informer that has seen the pod Ready.
function informed() {
  return new Promise((resolve, reject) => {
    const pods = `/api/v1/namespaces/${namespace}/pods`;
    const informer = k8s.makeInformer(config, pods, () => core.listNamespacedPod({ namespace }));
    const look = (pod) => { if (isReady(pod)) { resolve(pod.metadata.name); informer.stop(); } };
    informer.on('add', look);
    informer.on('update', look);
    informer.on('error', reject);
    informer.start();
  });
}

// A command with all three streams, and how it ended.
function executed() {
  return new Promise((resolve, reject) => {
    const [out, err] = [collected(), collected()];
    const command = ['sh', '-c', 'cat; echo err >&2; exit 3'];
    const ended = (status) => resolve([out.text, err.text.trim(), status.details.causes[0].message].join(' '));
    new k8s.Exec(config)
      .exec(namespace, 'web', 'web', command, out, err, stream.Readable.from(['in']), false, ended)
      .catch(reject);
  });
}

function forwarded() {
  return new Promise((resolve, reject) => {
    const forward = new k8s.PortForward(config);
    const server = net.createServer((socket) => forward.portForward(namespace, 'web', [80], socket, null, socket));
    server.listen(0, '127.0.0.1', async () => {
      try {
        const answer = await fetch(`http://127.0.0.1:${server.address().port}/x`);
        resolve((await answer.text()).split('\n')[0]);
      } catch (error) { reject(error); }
      server.close();
    });
  });
}

// Any kind by its name: made, and then applied by the server.
async function applied() {
  const objects = k8s.KubernetesObjectApi.makeApiClient(config);
  const body = { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'c', namespace }, data: { a: 'b' } };
  await objects.create(body);
  const how = k8s.PatchStrategy.ServerSideApply;
  const made = await objects.patch({ ...body, data: { c: 'd' } }, undefined, undefined, 'tests', true, how);
  return JSON.stringify(made.data);
}

await core.createNamespacedPod({ namespace, body: { metadata: { name: 'web' }, spec: { containers: [container] } } });
console.log('informer:', await informed());
console.log('exec:', await executed());
console.log('port-forward:', await forwarded());
console.log('apply:', await applied());
process.exit(0);
