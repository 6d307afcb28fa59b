// The canvas: camera, controls, and a picture that is drawn only when something changed.

import * as THREE from "three";
import { OrbitControls } from "three/addons/controls/OrbitControls.js";
import type { Point } from "../model";

const FIELD = 40;
const SLOW_FRAME = 70;
const REST = 250;
/** How much of the canvas is filled by what is fitted into it. */
const FILLED = 0.9;

export interface CameraPlace {
  readonly from: Point;
  readonly to: Point;
}

export class Stage {
  readonly scene = new THREE.Scene();
  readonly camera = new THREE.PerspectiveCamera(FIELD, 1, 0.1, 1e6);
  /** Called with the number of pixels for each CSS pixel, and whether the picture moves and is slow to draw. */
  onRatio: (ratio: number, coarse: boolean) => void = () => undefined;
  onMoved: () => void = () => undefined;
  onFitted: () => void = () => undefined;
  /** What was last fitted into the canvas, if nobody has turned or moved it since. */
  private fitted: readonly [Point, Point] | undefined;
  private readonly renderer: THREE.WebGLRenderer;
  private readonly controls: OrbitControls;
  private waiting = false;
  private coarse = false;
  /** Whether what is on the stage has been seen to move slowly. */
  slow = false;
  private last = 0;
  private resting: number | undefined;

  constructor(readonly canvas: HTMLCanvasElement) {
    this.renderer = new THREE.WebGLRenderer({ canvas, antialias: false, powerPreference: "high-performance" });
    this.camera.up.set(0, 1, 0);
    this.controls = new OrbitControls(this.camera, canvas);
    this.controls.addEventListener("change", () => this.moved());
    this.controls.addEventListener("start", () => (this.fitted = undefined));
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

  /** Where the camera is, and what it looks at; nothing where all is fitted into the canvas. */
  get place(): CameraPlace | undefined {
    return this.fitted ? undefined : { from: this.camera.position.toArray(), to: this.controls.target.toArray() };
  }

  set place(place: CameraPlace) {
    this.fitted = undefined;
    this.lookFrom(place);
  }

  /** Look at all of a box: from above where it is flat, else from the side and a little above. */
  fit(box: readonly [Point, Point]): void {
    const around = new THREE.Box3(new THREE.Vector3(...box[0]), new THREE.Vector3(...box[1]));
    const size = around.getSize(new THREE.Vector3());
    const center = around.getCenter(new THREE.Vector3());
    const flat = size.z < 0.25 * Math.max(size.x, size.y);
    const direction = (flat ? new THREE.Vector3(0, -0.45, 1) : new THREE.Vector3(0.45, 0.4, 1)).normalize();
    const distance = Math.max(this.distanceFor(size, direction), 1);
    this.camera.near = distance / 1000;
    this.camera.far = distance * 20;
    this.camera.updateProjectionMatrix();
    this.lookFrom({ from: direction.multiplyScalar(distance).add(center).toArray(), to: center.toArray() });
    this.fitted = box;
    this.onFitted();
  }

  /** The number of CSS pixels of something as long as 1 that lies in the middle. */
  get scale(): number {
    return this.canvas.clientHeight / (2 * this.distance * Math.tan(THREE.MathUtils.degToRad(FIELD / 2)));
  }

  get distance(): number {
    return this.camera.position.distanceTo(this.controls.target);
  }

  /** Turn around the middle by angles in radians. */
  turn(sideways: number, upwards: number): void {
    this.fitted = undefined;
    const offset = this.camera.position.clone().sub(this.controls.target);
    const around = new THREE.Spherical().setFromVector3(offset);
    around.theta -= sideways;
    around.phi = THREE.MathUtils.clamp(around.phi - upwards, 0.01, Math.PI - 0.01);
    this.camera.position.setFromSpherical(around).add(this.controls.target);
    this.controls.update();
  }

  zoom(factor: number): void {
    this.fitted = undefined;
    const offset = this.camera.position.clone().sub(this.controls.target).multiplyScalar(1 / factor);
    this.camera.position.copy(this.controls.target).add(offset);
    this.controls.update();
  }

  /** Whether the picture is drawn, and as sharp as it gets. */
  get atRest(): boolean {
    return !this.waiting && !this.coarse && this.resting === undefined;
  }

  /** The picture as a PNG. */
  async image(): Promise<Blob> {
    this.renderer.render(this.scene, this.camera);
    return new Promise((resolve, reject) =>
      this.canvas.toBlob((blob) => (blob ? resolve(blob) : reject(new Error("The picture cannot be saved.")))),
    );
  }

  private lookFrom({ from, to }: CameraPlace): void {
    this.camera.position.set(...from);
    this.controls.target.set(...to);
    this.controls.update();
    this.draw();
  }

  /** How far the camera must be for all corners of a box to be seen. */
  private distanceFor(size: THREE.Vector3, direction: THREE.Vector3): number {
    const axes = new THREE.Matrix4().lookAt(direction, new THREE.Vector3(), this.camera.up).transpose();
    const high = FILLED * Math.tan(THREE.MathUtils.degToRad(FIELD / 2));
    const wide = high * this.camera.aspect;
    let found = 0;
    for (let corner = 0; corner < 8; corner++) {
      const half = [1, 2, 4].map((bit) => (corner & bit ? 0.5 : -0.5)) as unknown as Point;
      const { x, y, z } = new THREE.Vector3(...half).multiply(size).applyMatrix4(axes);
      found = Math.max(found, Math.abs(x) / wide + z, Math.abs(y) / high + z);
    }
    return found;
  }

  private moved(): void {
    this.draw();
    if (this.resting === undefined) this.last = Infinity; // the time before a movement is no frame of it
    if (this.slow) this.sharpen(true);
    window.clearTimeout(this.resting);
    this.resting = window.setTimeout(() => {
      this.resting = undefined;
      this.sharpen(false);
      this.onMoved();
    }, REST);
  }

  /** Where drawing is slow, as without a graphics card, turning is done with fewer pixels. */
  private watch(now: number): void {
    const between = now - this.last;
    this.last = now;
    if (this.resting === undefined || between < SLOW_FRAME) return;
    this.slow = true;
    this.sharpen(true);
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
    if (this.fitted) this.fit(this.fitted);
    this.onRatio(this.ratio, this.coarse);
    this.draw();
  }
}
