/** Certificates made by openssl for one test: an authority, another one that nobody trusts, and what they issued. */
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { runOk } from './run.ts';

export interface KeyPair {
  readonly certFile: string;
  readonly keyFile: string;
}

export interface Certificates {
  readonly caFile: string;
  readonly otherCaFile: string;
  /** For 127.0.0.1 and localhost. */
  readonly server: KeyPair;
  /** For pacs.example only. */
  readonly namedServer: KeyPair;
  readonly client: KeyPair;
  readonly expired: KeyPair;
  /** Issued by the other authority, for 127.0.0.1. */
  readonly stranger: KeyPair;
}

async function authority(folder: string, name: string): Promise<string> {
  const home = join(folder, name);
  await mkdir(join(home, 'issued'), { recursive: true });
  await writeFile(join(home, 'index.txt'), '');
  await writeFile(join(home, 'serial'), '01');
  await writeFile(join(home, 'ca.cnf'), `
[ca]
default_ca = this
[this]
dir = ${home}
new_certs_dir = ${home}/issued
database = ${home}/index.txt
serial = ${home}/serial
certificate = ${home}/ca.pem
private_key = ${home}/ca.key
default_md = sha256
policy = any
copy_extensions = copy
unique_subject = no
[any]
commonName = supplied
`);
  await runOk('openssl', ['req', '-x509', '-newkey', 'rsa:2048', '-nodes', '-sha256', '-days', '30', '-subj', `/CN=${name}`, '-keyout', join(home, 'ca.key'), '-out', join(home, 'ca.pem')]);
  return home;
}

async function issue(home: string, name: string, options: { readonly names?: string; readonly from?: string; readonly to?: string } = {}): Promise<KeyPair> {
  const [keyFile, requestFile, certFile] = ['key', 'csr', 'pem'].map((ending) => join(home, `${name}.${ending}`)) as [string, string, string];
  await runOk('openssl', ['req', '-newkey', 'rsa:2048', '-nodes', '-sha256', '-subj', `/CN=${name}`, '-keyout', keyFile, '-out', requestFile,
    ...(options.names === undefined ? [] : ['-addext', `subjectAltName=${options.names}`])]);
  await runOk('openssl', ['ca', '-batch', '-notext', '-config', join(home, 'ca.cnf'), '-in', requestFile, '-out', certFile,
    ...(options.from === undefined ? ['-days', '10'] : ['-startdate', options.from, '-enddate', options.to!])]);
  return { certFile, keyFile };
}

export async function makeCertificates(folder: string): Promise<Certificates> {
  const home = await authority(folder, 'hospital');
  const other = await authority(folder, 'elsewhere');
  const here = 'IP:127.0.0.1,DNS:localhost';
  return {
    caFile: join(home, 'ca.pem'), otherCaFile: join(other, 'ca.pem'),
    server: await issue(home, 'server', { names: here }),
    namedServer: await issue(home, 'named', { names: 'DNS:pacs.example' }),
    client: await issue(home, 'client'),
    expired: await issue(home, 'expired', { names: here, from: '20200101000000Z', to: '20210101000000Z' }),
    stranger: await issue(other, 'stranger', { names: here }),
  };
}
