// The canvas: camera, controls, and a picture that is drawn only when something changed.

import * as THREE from "three";
import { OrbitControls } from "three/addons/controls/OrbitControls.js";
import type { Point } from "../model";

const FIELD = 40;
const SLOW_FRAME = 70;
const REST = 250;

export interface CameraPlace {
  readonly from: Point;
  readonly to: Point;
}

export class Stage {
  readonly scene = new THREE.Scene();
  readonly camera = new THREE.PerspectiveCamera(FIELD, 1, 0.1, 1e6);
  /** Called with the number of pixels for each CSS pixel, whenever it changes. */
  onRatio: (ratio: number) => void = () => undefined;
  onMoved: () => void = () => undefined;
  private readonly renderer: THREE.WebGLRenderer;
  private readonly controls: OrbitControls;
  private waiting = false;
  private coarse = false;
  private last = 0;
  private resting: number | undefined;

  constructor(readonly canvas: HTMLCanvasElement) {
    this.renderer = new THREE.WebGLRenderer({ canvas, antialias: false, powerPreference: "high-performance" });
    this.camera.up.set(0, 1, 0);
    this.controls = new OrbitControls(this.camera, canvas);
    this.controls.addEventListener("change", () => this.moved());
    new ResizeObserver(() => this.resize()).observe(canvas.parentElement ?? canvas);
    this.resize();
  }

  get ratio(): number {
    return this.coarse ? 1 : Math.min(window.devicePixelRatio, 2);
  }

  set background(color: string) {
    this.scene.background = new THREE.Color(color);
    this.draw();
  }

  /** Draw as soon as the browser is ready for it; many calls in between draw once. */
  draw(): void {
    if (this.waiting) return;
    this.waiting = true;
    requestAnimationFrame((now) => {
      this.waiting = false;
      this.renderer.render(this.scene, this.camera);
      this.watch(now);
    });
  }

  get place(): CameraPlace {
    return { from: this.camera.position.toArray(), to: this.controls.target.toArray() };
  }

  set place({ from, to }: CameraPlace) {
    this.camera.position.set(...from);
    this.controls.target.set(...to);
    this.controls.update();
    this.draw();
  }

  /** Look at all of a box: from above where it is flat, else from the side and a little above. */
  fit([low, high]: readonly [Point, Point]): void {
    const box = new THREE.Box3(new THREE.Vector3(...low), new THREE.Vector3(...high));
    const size = box.getSize(new THREE.Vector3());
    const radius = Math.max(size.length() / 2, 1);
    const flat = size.z < 0.25 * Math.max(size.x, size.y);
    const direction = flat ? new THREE.Vector3(0, -0.45, 1) : new THREE.Vector3(0.45, 0.4, 1);
    const narrow = Math.min(1, this.camera.aspect);
    const distance = radius / Math.sin(THREE.MathUtils.degToRad(FIELD / 2)) / narrow;
    const center = box.getCenter(new THREE.Vector3());
    this.camera.near = distance / 1000;
    this.camera.far = distance * 20;
    this.camera.updateProjectionMatrix();
    this.place = {
      from: direction.normalize().multiplyScalar(0.86 * distance).add(center).toArray(),
      to: center.toArray(),
    };
  }

  get distance(): number {
    return this.camera.position.distanceTo(this.controls.target);
  }

  /** Turn around the middle by angles in radians. */
  turn(sideways: number, upwards: number): void {
    const offset = this.camera.position.clone().sub(this.controls.target);
    const around = new THREE.Spherical().setFromVector3(offset);
    around.theta -= sideways;
    around.phi = THREE.MathUtils.clamp(around.phi - upwards, 0.01, Math.PI - 0.01);
    this.camera.position.setFromSpherical(around).add(this.controls.target);
    this.controls.update();
  }

  zoom(factor: number): void {
    const offset = this.camera.position.clone().sub(this.controls.target).multiplyScalar(1 / factor);
    this.camera.position.copy(this.controls.target).add(offset);
    this.controls.update();
  }

  /** The picture as a PNG. */
  async image(): Promise<Blob> {
    this.renderer.render(this.scene, this.camera);
    return new Promise((resolve, reject) =>
      this.canvas.toBlob((blob) => (blob ? resolve(blob) : reject(new Error("The picture cannot be saved.")))),
    );
  }

  private moved(): void {
    this.draw();
    window.clearTimeout(this.resting);
    this.resting = window.setTimeout(() => {
      this.sharpen(false);
      this.onMoved();
    }, REST);
  }

  /** Where drawing is slow, as without a graphics card, turning is done with fewer pixels. */
  private watch(now: number): void {
    const between = now - this.last;
    this.last = now;
    if (between > SLOW_FRAME && between < REST) this.sharpen(true);
  }

  private sharpen(coarse: boolean): void {
    if (coarse === this.coarse) return;
    this.coarse = coarse;
    this.resize();
  }

  private resize(): void {
    const { clientWidth, clientHeight } = this.canvas.parentElement ?? this.canvas;
    this.renderer.setPixelRatio(this.ratio);
    this.renderer.setSize(clientWidth, clientHeight, false);
    this.camera.aspect = clientWidth / Math.max(1, clientHeight);
    this.camera.updateProjectionMatrix();
    this.onRatio(this.ratio);
    this.draw();
  }
}
