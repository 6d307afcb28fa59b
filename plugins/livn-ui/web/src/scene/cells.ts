// All cells as round points in one draw call.

import * as THREE from "three";
import type { Point } from "../model";

export enum Look {
  Hidden = 0,
  Dimmed = 1,
  Normal = 2,
  Marked = 3,
}

const VERTEX = /* glsl */ `
  attribute vec3 tint;
  attribute float look;
  uniform float size;
  uniform float ratio;
  uniform float reach;
  varying vec3 vTint;
  varying float vLook;
  void main() {
    vTint = tint;
    vLook = look;
    vec4 place = modelViewMatrix * vec4(position, 1.0);
    gl_Position = projectionMatrix * place;
    float near = clamp(reach / -place.z, 0.35, 2.5);
    float marked = look > 2.5 ? 1.6 : 1.0;
    gl_PointSize = look < 0.5 ? 0.0 : max(1.5, size * near * marked) * ratio;
    if (look < 0.5) gl_Position = vec4(2.0, 2.0, 2.0, 1.0);
    if (look > 2.5) gl_Position.z = -0.99 * gl_Position.w; // in front of all others
  }
`;
const FRAGMENT = /* glsl */ `
  uniform float opacity;
  uniform vec3 ground;
  varying vec3 vTint;
  varying float vLook;
  /** As pale as it looks, light or dark: light adds up as the square of what is seen, nearly. */
  vec3 faded(vec3 color) {
    vec3 seen = mix(sqrt(ground), sqrt(color), 0.26);
    return seen * seen;
  }
  void main() {
    vec2 at = 2.0 * gl_PointCoord - 1.0;
    float far = dot(at, at);
    if (far > 1.0) discard;
    float shade = 1.0 - 0.35 * far;
    // Paler rather than see-through: that costs nothing, and hides what lies behind.
    vec3 color = vLook < 1.5 ? faded(vTint) : vTint * shade;
    gl_FragColor = vec4(color, vLook > 2.5 ? 1.0 : opacity);
    #include <colorspace_fragment>
  }
`;

/** So many points are drawn while a slow picture moves, spread over all cells; at rest it is always all. */
const MOST_MOVING = 30_000;

export class CellPoints {
  readonly object: THREE.Points<THREE.BufferGeometry, THREE.ShaderMaterial>;
  private readonly looks: THREE.BufferAttribute;
  private readonly tints: THREE.BufferAttribute;

  constructor(readonly positions: Float32Array) {
    const count = positions.length / 3;
    const geometry = new THREE.BufferGeometry();
    this.looks = new THREE.BufferAttribute(new Uint8Array(count).fill(Look.Normal), 1);
    this.tints = new THREE.BufferAttribute(new Uint8Array(3 * count), 3, true);
    geometry.setAttribute("position", new THREE.BufferAttribute(positions, 3));
    geometry.setAttribute("tint", this.tints);
    geometry.setAttribute("look", this.looks);
    if (count > MOST_MOVING) geometry.setIndex(new THREE.BufferAttribute(spread(count), 1));
    const uniforms = { size: { value: 6 }, ratio: { value: 1 }, reach: { value: 1 }, opacity: { value: 1 }, ground: { value: new THREE.Color() } };
    const material = new THREE.ShaderMaterial({ vertexShader: VERTEX, fragmentShader: FRAGMENT, uniforms });
    this.object = new THREE.Points(geometry, material);
    this.object.frustumCulled = false;
  }

  paint(from: number, to: number, color: string): void {
    const [r, g, b] = new THREE.Color(color).toArray().map((value) => Math.round(value * 255)) as unknown as Point;
    const all = this.tints.array;
    for (let at = 3 * from; at < 3 * to; at += 3) {
      all[at] = r;
      all[at + 1] = g;
      all[at + 2] = b;
    }
    this.tints.needsUpdate = true;
  }

  look(change: (looks: Uint8Array) => void): void {
    change(this.looks.array as Uint8Array);
    this.looks.needsUpdate = true;
  }

  lookOf(index: number): Look {
    return this.looks.array[index] as Look;
  }

  set size(pixels: number) {
    this.object.material.uniforms["size"]!.value = pixels;
  }

  set opacity(value: number) {
    const material = this.object.material;
    material.uniforms["opacity"]!.value = value;
    // Blending is costly, so it is on only where something can be seen through.
    const mixed = value < 1;
    if (material.transparent === mixed) return;
    material.transparent = mixed;
    material.depthWrite = !mixed;
    material.needsUpdate = true;
  }

  /** The colour behind the cells, towards which those fade that are not meant. */
  set ground(color: string) {
    this.object.material.uniforms["ground"]!.value.set(color);
  }

  /** The distance at which a point has its nominal size. */
  set reach(distance: number) {
    this.object.material.uniforms["reach"]!.value = distance;
  }

  /** Draw less, for as long as a picture moves that is slow to draw. */
  set thinned(moving: boolean) {
    this.object.geometry.setDrawRange(0, moving ? MOST_MOVING : Infinity);
  }

  set pixelRatio(value: number) {
    this.object.material.uniforms["ratio"]!.value = value;
  }

  dispose(): void {
    this.object.geometry.dispose();
    this.object.material.dispose();
  }
}

/** All numbers below a count, any beginning of them spread evenly: multiples of a number near the golden section. */
function spread(count: number): Uint32Array {
  let step = Math.round(count * 0.618034);
  while (divisor(step, count) > 1) step++;
  const found = new Uint32Array(count);
  for (let at = 1; at < count; at++) found[at] = (found[at - 1]! + step) % count;
  return found;
}

function divisor(one: number, other: number): number {
  return other === 0 ? one : divisor(other, one % other);
}
